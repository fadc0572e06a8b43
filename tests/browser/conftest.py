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
def browser(chromium: tuple[str, str], profile: Path, url: str) -> Iterator[Page]:
    """Start a separate browser, which is closed at the end."""
    binary, driver = chromium
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options, Service(driver))
    try:
        yield Page(chrome, url)
    finally:
        chrome.quit()


@pytest.fixture(scope="session")
def first(stack: Stack, chromium: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Share one browser between most tests, because starting one takes seconds."""
    with browser(chromium, tmp_path_factory.mktemp("profile"), f"{stack.http_url}/") as page:
        yield page


@pytest.fixture
def page(first: Page) -> Iterator[Page]:
    """Open the page, connected to the stream, in a browser with empty storage."""
    first.forget()
    yield first.load()
    # An open page requests a preview of every job, including those of the next tests.
    first.leave()


@pytest.fixture
def empty(stack: Stack, page: Page) -> Page:
    """Open the page without results."""
    # An open page might request a picture of a job that is being deleted.
    page.leave()
    for job in stack.http.get("/jobs", params={"limit": 100}).json()["jobs"]:
        stack.http.delete(f"/jobs/{job['job_id']}")
    return page.load()


@pytest.fixture
def someone(stack: Stack, chromium: tuple[str, str], tmp_path: Path) -> Iterator[Page]:
    """Start the browser of another user, with nothing loaded."""
    with browser(chromium, tmp_path / "profile", f"{stack.http_url}/") as page:
        yield page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Return a photo with one face, under a unique name."""
    return saved(tmp_path, encoded(astronaut()))
