"""Browsers, each with a profile of its own, and what they show."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.browser.page import Page
from tests.service import Stack

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

OpenPage = Callable[[], Page]


@pytest.fixture(scope="session")
def chromium() -> tuple[str, str]:
    """Where Chromium and its driver are."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("Chromium is missing: apt-get install chromium chromium-driver")
    return browser, driver


@pytest.fixture
def open_page(stack: Stack, chromium: tuple[str, str], tmp_path: Path) -> Iterator[OpenPage]:
    """Open the service's page as one more person; all browsers are closed in the end."""
    browser, driver = chromium
    with ExitStack() as opened:

        def open_one() -> Page:
            options = ChromeOptions()
            options.binary_location = browser
            for flag in (*FLAGS, f"--user-data-dir={tmp_path / str(len(people))}"):
                options.add_argument(flag)
            options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
            chrome = Chrome(options, Service(driver))
            opened.callback(chrome.quit)
            page = Page(chrome, f"{stack.http_url}/")
            people.append(page)
            return page

        people: list[Page] = []
        yield open_one


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The page, connected to the stream."""
    return open_page().load()
