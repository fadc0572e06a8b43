"""The web page: sending photos, and receiving everyone's results."""

import base64
import uuid
from pathlib import Path

import numpy as np
import pytest

from tests.support.page import Page
from tests.support.pictures import astronaut, compose, encoded, saved
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

# Drops or pastes a file, by dispatching the events that a browser would.
_HAND_OVER = """
const [kind, name, text] = arguments;
const handed = new DataTransfer();
const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
handed.items.add(new File([bytes], name, { type: "image/jpeg" }));
document.dispatchEvent(kind === "drop"
  ? new DragEvent("drop", { dataTransfer: handed, cancelable: true })
  : new ClipboardEvent("paste", { clipboardData: handed, cancelable: true }));
"""


def test_a_photo_appears_on_every_open_page(page: Page, someone: Page, photo: Path) -> None:
    page.start_log()
    other = someone.load()
    page.choose(photo)
    mine = page.wait_for_result(photo.name)
    assert (mine.headline, mine.width, mine.can_delete) == ("1 face", 512, True)
    assert photo.name in mine.alt
    theirs = other.wait_for_result(mine.job_id)
    assert (theirs.headline, theirs.width, theirs.can_delete) == ("1 face", 512, False)
    assert len([card for card in page.cards() if card.job_id == mine.job_id]) == 1
    assert page.text("announcement") == f"{photo.name}: 1 face"
    assert page.complaints() == other.complaints() == []


def test_earlier_photos_are_listed_when_the_page_is_opened(stack: Stack, page: Page) -> None:
    page.leave()
    job_id = stack.completed(encoded(astronaut()), render="blur")
    assert page.load().wait_for_result(job_id).headline == "1 face"


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_photos_can_be_dropped_and_pasted(page: Page, kind: str) -> None:
    name = f"{kind}-{uuid.uuid4()}.jpg"
    page.chrome.execute_script(_HAND_OVER, kind, name, base64.b64encode(encoded(astronaut())).decode())
    assert page.wait_for_result(name).headline == "1 face"


def test_a_large_photo_is_uploaded_directly_to_the_bucket(stack: Stack, page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (1300, 1300, 3), np.uint8)
    photo = saved(tmp_path, encoded(compose(1300, 1300, [(400, 400, 300)], noise)[0], "PNG"), ".png")
    assert photo.stat().st_size > stack.http.get("/limits").json()["direct_upload_bytes"]
    page.start_log()
    page.choose(photo)
    card = page.wait_for_result(photo.name)
    assert card.headline == "1 face"
    assert stack.job(card.job_id)["image"]["bytes"] == photo.stat().st_size
    posts = [url for method, url in page.requests() if method == "POST" and not url.endswith("/renders")]
    assert posts[0] == f"{stack.http_url}/uploads"
    assert stack.outputs["OriginalsBucketName"] in posts[1]
    assert page.complaints() == []


def test_a_file_that_is_not_an_image_is_refused_with_a_reason(page: Page, tmp_path: Path) -> None:
    letter = saved(tmp_path, b"Dear Sir or Madam")
    page.choose(letter)
    assert "text" in page.wait_for_failure(letter.name)
    assert all(card.detail != letter.name for card in page.cards())
    page.click("#failures li button[aria-label^=Dismiss]")
    page.wait_until(lambda: not page.shows("#failures"), "the list of failures is gone")


@pytest.mark.usefixtures("fresh")
def test_the_page_shows_why_a_broken_photo_failed(stack: Stack, page: Page, tmp_path: Path) -> None:
    broken = saved(tmp_path, encoded(astronaut())[:20_000])
    page.choose(broken)
    failure = page.wait_for_failure(broken.name)
    (job,) = stack.http.get("/jobs", params={"status": "failed", "limit": 1}).json()["jobs"]
    assert failure == f"{broken.name}: {job['failure']['detail']}"
    assert page.load().wait_for_failure(broken.name) == failure, (
        "the user's own failures are still listed after a reload"
    )
    page.forget()
    page.load()
    page.wait_until(lambda: not page.shows("#loading"), "the list is there")
    assert page.failures() == [], "other users' failures are not listed"


def test_a_file_that_is_too_large_is_not_sent(stack: Stack, page: Page, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(stack.http.get("/limits").json()["presigned_upload_bytes"] + 1)
    page.start_log()
    page.choose(huge)
    assert "25 MB" in page.wait_for_failure(huge.name)
    assert [url for method, url in page.requests() if method == "POST" and "/renders" not in url] == []


def test_the_page_still_knows_the_users_own_photos_after_a_reload(page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    card = page.load().wait_for_result(job_id)
    assert (card.detail, card.can_delete) == (photo.name, True)


@pytest.mark.usefixtures("no_jobs")
def test_an_empty_page_explains_itself_and_offers_a_sample(page: Page) -> None:
    page.wait_until(lambda: page.shows("#empty"), "the page is empty")
    assert "finds the faces in your photos" in page.text("empty")
    page.click("#sample")
    assert page.wait_for_result("astronaut.jpg").headline == "1 face"
    assert not page.shows("#empty")


def test_the_first_load_is_small(page: Page) -> None:
    """Count all bytes transferred before a picture is loaded, including headers."""
    page.chrome.execute_cdp_cmd("Network.enable", {})
    page.chrome.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    page.start_log()
    page.load()
    page.wait_until(lambda: not page.shows("#loading"), "the list is there")
    page.chrome.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})
    loaded = page.loaded_bytes()
    own = {url: size for url, size in loaded.items() if url.startswith(page.url) and not url.endswith("/renders")}
    assert f"{page.url}static/page.js" in own
    assert sum(own.values()) <= 60_000, own
