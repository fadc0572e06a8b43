"""Browsers, each with its own profile."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.support.page import Page
from tests.support.pictures import astronaut, encoded, saved
from tests.support.stack import Stack

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without a graphics card, each frame of an animation costs processor time.
    "--force-prefers-reduced-motion",
    "--window-size=1280,900",
)


@pytest.fixture(scope="session")
def chromium() -> tuple[str, str]:
    """Return the paths of Chromium and its driver."""
    binary, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("Chromium is missing: apt-get install chromium chromium-driver")
    return binary, driver


@contextmanager
def browser(chromium: tuple[str, str], profile: Path) -> Iterator[Chrome]:
    """Start a separate browser, and close it at the end."""
    binary, driver = chromium
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options, Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture(scope="session")
def chrome(chromium: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Share one browser between the tests, because starting one takes seconds."""
    with browser(chromium, tmp_path_factory.mktemp("first")) as chrome:
        yield chrome


@pytest.fixture(scope="session")
def first(stack: Stack, chrome: Chrome) -> Page:
    return Page(chrome, f"{stack.http_url}/")


@pytest.fixture(scope="session")
def second(stack: Stack, chromium: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Share another browser, with a profile of its own."""
    with browser(chromium, tmp_path_factory.mktemp("second")) as chrome:
        yield Page(chrome, f"{stack.http_url}/")


@pytest.fixture(scope="module")
def kept(stack: Stack) -> Iterator[set[str]]:
    """Collect the ids of the jobs that the tests of a module share, and delete these jobs after the last test."""
    job_ids: set[str] = set()
    yield job_ids
    for job_id in job_ids:
        stack.http.delete(f"/jobs/{job_id}")


@pytest.fixture
def tidy(stack: Stack, kept: set[str]) -> Iterator[None]:
    """Delete all other jobs when a test ends, because every open page requests a preview of each job."""
    yield
    for job_id in set(stack.job_ids()) - kept:
        stack.http.delete(f"/jobs/{job_id}")


@pytest.fixture(scope="module")
def forgotten(first: Page) -> Iterator[None]:
    """Leave the page after the last test of a module, because it would request a preview of every later job."""
    yield
    first.forget()


@pytest.fixture
def fresh(forgotten: None, first: Page) -> Iterator[None]:
    """Give a test a page of its own, in a browser with empty storage."""
    if first.is_open:
        first.forget()
    yield
    first.forget()


@pytest.fixture
def page(forgotten: None, tidy: None, first: Page) -> Iterator[Page]:
    """Return the page, connected to the stream and without an open result, as the previous test left it.

    Loading the page takes as long as most tests, so only tests that use `fresh` do not share it.
    """
    if not first.is_open:
        first.load()
    yield first
    first.close_result()
    first.restore()


@pytest.fixture
def no_jobs(tidy: None, stack: Stack) -> None:
    """Delete all jobs before a page is opened, because the page would request pictures of them."""
    for job_id in stack.job_ids():
        stack.http.delete(f"/jobs/{job_id}")


@pytest.fixture
def someone(tidy: None, second: Page) -> Iterator[Page]:
    """Return the browser of another user, with empty storage and no page loaded."""
    yield second
    second.forget()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Return a photo with one face, under a unique name."""
    return saved(tmp_path, encoded(astronaut()))
