"""The page of a stack that asks for keys."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.conftest import browser
from tests.support.keys import Holder, holder
from tests.support.page import Page
from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("closed")]


@pytest.fixture
def page(closed_stack: Stack, chromium: tuple[str, str], tmp_path: Path) -> Iterator[Page]:
    with browser(chromium, tmp_path / "profile", f"{closed_stack.http_url}/") as page:
        yield page


def enter(page: Page, key: str) -> None:
    page.wait_until(lambda: page.chrome.find_element(By.ID, "key").is_displayed(), "a key is asked for")
    page.chrome.find_element(By.CSS_SELECTOR, "#key input").send_keys(key)
    page.chrome.find_element(By.CSS_SELECTOR, "#key button").click()


def test_with_a_key_the_page_is_as_ever(closed_stack: Stack, page: Page, tmp_path: Path) -> None:
    alice: Holder = holder(closed_stack, "alice-of-the-page")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(one_face())
    page.chrome.get(page.url)
    enter(page, alice.key)
    page.wait_until(lambda: page.text("connection") == "Live", "the stream is open")
    page.choose(photo)
    assert page.wait_for_result("photo.jpg").width > 0
    stored = page.chrome.execute_script("return [Object.values(sessionStorage), Object.values(localStorage).join()]")
    assert stored[0] == [alice.key]
    assert alice.key not in stored[1]
    assert not [url for _, url in page.requests() if alice.key in url]
    page.chrome.refresh()
    page.wait_until(lambda: page.text("connection") == "Live", "the key is still there, and a new ticket lets in")


def test_a_key_that_is_refused_is_asked_for_again(closed_stack: Stack, page: Page) -> None:
    revoked = holder(closed_stack, "alice-of-the-page", revoked_at=datetime.now(UTC))
    page.chrome.get(page.url)
    enter(page, revoked.key)
    page.wait_until(lambda: "revoked" in page.text("key-refused"), "the reason is told")
    enter(page, holder(closed_stack, "alice-of-the-page").key)
    page.wait_until(lambda: page.text("connection") == "Live", "the stream is open")
