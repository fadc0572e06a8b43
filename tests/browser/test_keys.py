"""The web page of a stack that requires keys."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.keys import Holder, completed, holder
from tests.support.page import Page
from tests.support.photos import one_face
from tests.support.stack import Stack, ended

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("closed")]


@pytest.fixture
def page(closed_stack: Stack, chrome: Chrome) -> Iterator[Page]:
    """Return a browser with empty storage and nothing loaded."""
    page = Page(chrome, f"{closed_stack.http_url}/")
    yield page
    page.forget()


def field(page: Page) -> WebElement:
    return page.chrome.find_element(By.CSS_SELECTOR, "#key input")


def enter(page: Page, key: str) -> None:
    page.wait_until(lambda: page.chrome.find_element(By.ID, "key").is_displayed(), "the page asks for a key")
    field(page).send_keys(key)
    page.click_with_mouse("#key button")


def test_the_page_works_with_a_key(closed_stack: Stack, page: Page, tmp_path: Path) -> None:
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
    page.wait_until(
        lambda: page.text("connection") == "Live", "the page still has the key and connects with a new ticket"
    )


def test_the_page_asks_again_if_a_key_is_refused(closed_stack: Stack, page: Page) -> None:
    revoked = holder(closed_stack, "alice-of-the-page", revoked_at=datetime.now(UTC))
    page.chrome.get(page.url)
    enter(page, revoked.key)
    page.wait_until(lambda: "revoked" in page.text("key-refused"), "the reason is shown")
    assert [field(page).get_attribute(f"aria-{mark}") for mark in ("invalid", "describedby")] == ["true", "key-refused"]
    field(page).send_keys("f")
    assert field(page).get_attribute("aria-invalid") is None
    field(page).clear()
    enter(page, holder(closed_stack, "alice-of-the-page").key)
    page.wait_until(lambda: page.text("connection") == "Live", "the stream is open")


def opened(page: Page, key: str) -> None:
    """Open the page with this key."""
    page.chrome.get(page.url)
    enter(page, key)
    page.wait_until(lambda: not page.shows("#connection[data-state=connecting]"), "the page has connected or given up")


def test_the_page_shows_a_notice_for_a_key_that_may_only_send(closed_stack: Stack, page: Page, tmp_path: Path) -> None:
    camera = holder(closed_stack, "camera-of-the-page", scopes="send")
    photo = tmp_path / "sent.jpg"
    photo.write_bytes(one_face())
    opened(page, camera.key)
    page.wait_until(lambda: page.text("connection") == "Sending only", "the page does not call itself offline")
    assert page.text("send-only") == "This key allows you to send photos, but not to see results."
    assert [part for part in ("#connect", "#loading", "#empty", "#trouble") if page.shows(part)] == []
    page.choose(photo)
    page.wait_until(
        lambda: [card.headline for card in page.cards()] == ["Sent"], "the page shows that the photo was sent"
    )
    assert not page.shows(".card progress")
    assert not [url for _, url in page.requests() if url.endswith(("/stream-tickets", "/renders"))]


def test_with_a_key_that_may_only_read_the_page_offers_neither_sending_nor_deleting(
    closed_stack: Stack, page: Page, tmp_path: Path
) -> None:
    owner = "reader-of-the-page"
    everything, reader = holder(closed_stack, owner), holder(closed_stack, owner, scopes="read")
    photo = tmp_path / "own.jpg"
    photo.write_bytes(one_face())
    opened(page, everything.key)
    page.wait_until(lambda: page.text("connection") == "Live", "the stream is open")
    assert page.text("results") == f"{owner}\N{RIGHT SINGLE QUOTATION MARK}s results, live"
    assert f"Everyone with one of {owner}'s keys can see the results" in page.text("privacy")
    page.choose(photo)
    card = page.wait_for_result("own.jpg")
    assert card.can_delete
    page.click("#change-key")
    enter(page, reader.key)
    page.wait_until(lambda: page.shows("#read-only"), "the page shows that the key may only read")
    assert not page.wait_for_result("own.jpg").can_delete
    assert not page.chrome.find_element(By.ID, "photos").is_enabled()
    page.open_result(card.job_id)
    assert not page.shows("#result .delete")


def test_a_key_is_described_and_can_be_kept_or_forgotten(closed_stack: Stack, page: Page) -> None:
    alice = holder(closed_stack, "alice-of-the-page", daily=1_000)
    opened(page, alice.key)
    page.click("#change-key")
    assert "one of alice-of-the-page's keys. Its permissions: send, read, and manage, until " in page.text("key-now")
    assert "of 1000 images today" in page.text("key-now")
    field(page).send_keys(Keys.ESCAPE)
    page.wait_until(lambda: not page.shows("#key"), "the key dialog is closed")
    assert page.value("Object.values(sessionStorage)") == [alice.key]
    page.click("#change-key")
    page.click("#key .forget")
    page.wait_until(
        lambda: page.shows("#key") and page.text("key-title").endswith("requires a key"),
        "the page asks for a key again",
    )
    assert page.value("Object.values(sessionStorage)") == []


def test_a_deletion_is_completed_even_if_its_key_is_forgotten(closed_stack: Stack, page: Page, tmp_path: Path) -> None:
    alice = holder(closed_stack, "alice-of-the-page")
    photo = tmp_path / "deleted.jpg"
    photo.write_bytes(one_face())
    opened(page, alice.key)
    page.wait_until(lambda: page.text("connection") == "Live", "the stream is open")
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(photo.name, "delete")
    page.click("#change-key")
    page.click("#key .forget")
    page.wait_until(lambda: alice.request("GET", f"/jobs/{job_id}").status_code == 404, "the photo is deleted")


def test_the_copied_command_does_not_contain_the_key(closed_stack: Stack, page: Page) -> None:
    alice = holder(closed_stack, "alice-of-the-page")
    sent = ended(alice.request, content=one_face()).json()
    opened(page, alice.key)
    grant = {"origin": page.url.split("/_aws")[0], "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.chrome.execute_cdp_cmd("Browser.grantPermissions", grant)
    page.open_result(sent["job_id"])
    page.click("#result .copy-curl")
    page.wait_until(
        lambda: page.value("document.querySelector('.copy-curl').textContent") == "Copied", "the command is copied"
    )
    copied = page.chrome.execute_script("return navigator.clipboard.readText()")
    assert copied == f'curl -H "Authorization: Bearer $FACECAST_KEY" {sent["links"]["self"]}'


def test_a_key_without_manage_cannot_correct_and_the_page_explains_why(closed_stack: Stack, page: Page) -> None:
    owner = "corrector-of-the-page"
    everything, reader = holder(closed_stack, owner), holder(closed_stack, owner, scopes="read")
    job_id = completed(everything)
    opened(page, reader.key)
    page.open_result(job_id)
    page.click("#result [value=blur]")
    page.wait_for_picture()
    page.click("#result .correct")
    assert "require the scope" in page.chrome.find_element(By.CSS_SELECTOR, "#result .problem").text
    assert not page.shows("#result .marks")
    page.click("#result .close")
    page.click("#change-key")
    enter(page, everything.key)
    page.wait_until(lambda: not page.shows("#read-only") and page.text("connection") == "Live", "the key has changed")
    page.open_result(job_id)
    page.click("#result [value=blur]")
    page.wait_for_picture()
    page.click("#result .correct")
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")
