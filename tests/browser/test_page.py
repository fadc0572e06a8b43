"""The web page: photos go out, everyone's results come in."""

import uuid
from pathlib import Path

import numpy as np
import pytest

from tests.support.page import Page
from tests.support.pictures import astronaut, compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def save(folder: Path, data: bytes, suffix: str = ".jpg") -> Path:
    """Under a name of its own: the stream tells of other tests' photos too."""
    path = folder / f"{uuid.uuid4()}{suffix}"
    path.write_bytes(data)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(tmp_path, encoded(astronaut()))


def test_a_photo_appears_here_and_at_everyone(page: Page, someone: Page, photo: Path) -> None:
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


def test_what_was_sent_before_is_there_when_the_page_is_opened(stack: Stack, page: Page) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(encoded(astronaut()), render="blur")
        listener.wait_for_job(job_id)
    assert page.load().wait_for_result(job_id).headline == "1 face"


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_photos_can_be_dropped_and_pasted(page: Page, kind: str) -> None:
    name = f"{kind}-{uuid.uuid4()}.jpg"
    page.hand_over(kind, name, encoded(astronaut()))
    assert page.wait_for_result(name).headline == "1 face"


def test_the_chosen_options_are_sent(stack: Stack, page: Page, photo: Path) -> None:
    page.chrome.find_element("css selector", "[value=pixelate]").click()
    page.chrome.find_element("css selector", "[name=min_confidence] [value='0.7']").click()
    page.choose(photo)
    options = stack.job(page.wait_for_result(photo.name).job_id)["options"]
    assert (options["render"], options["min_confidence"]) == (["pixelate"], 0.7)


def test_a_large_photo_goes_straight_to_the_bucket(stack: Stack, page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (1300, 1300, 3), np.uint8)
    photo = save(tmp_path, encoded(compose(1300, 1300, [(400, 400, 300)], noise)[0], "PNG"), ".png")
    assert photo.stat().st_size > stack.http.get("/limits").json()["direct_upload_bytes"]
    page.choose(photo)
    card = page.wait_for_result(photo.name)
    assert card.headline == "1 face"
    assert stack.job(card.job_id)["image"]["bytes"] == photo.stat().st_size
    posts = [url for method, url in page.requests() if method == "POST"]
    assert posts[0] == f"{stack.http_url}/uploads"
    assert stack.outputs["OriginalsBucketName"] in posts[1]
    assert page.complaints() == []


def test_a_file_that_is_no_image_is_refused_with_a_reason(page: Page, tmp_path: Path) -> None:
    letter = save(tmp_path, b"Dear Sir or Madam")
    page.choose(letter)
    card = page.wait_for_card(lambda card: card.detail.startswith(letter.name) and card.status == "failed")
    assert "text" in card.detail
    page.click_on_card(letter.name, "delete")
    page.wait_until(lambda: all(letter.name not in card.detail for card in page.cards()), "the card is gone")


def test_a_broken_photo_shows_why_it_failed(stack: Stack, page: Page, tmp_path: Path) -> None:
    broken = save(tmp_path, encoded(astronaut())[:20_000])
    page.choose(broken)
    card = page.wait_for_card(lambda card: card.detail.startswith(broken.name) and card.status == "failed")
    assert card.detail == f"{broken.name}: {stack.job(card.job_id)['failure']['detail']}"


def test_too_large_a_file_is_not_sent(stack: Stack, page: Page, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(stack.http.get("/limits").json()["presigned_upload_bytes"] + 1)
    page.choose(huge)
    card = page.wait_for_card(lambda card: card.detail.startswith(huge.name) and card.status == "failed")
    assert "25 MB" in card.detail
    assert [method for method, _ in page.requests() if method == "POST"] == []


def test_delete_removes_the_photo_for_good(stack: Stack, page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(job_id, "delete")
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")
    assert stack.http.get(f"/jobs/{job_id}").status_code == 404
    assert stack.objects_of(job_id) == []
    assert job_id not in page.chrome.execute_script("return JSON.stringify(localStorage)")


def test_own_photos_stay_own_after_a_reload(page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    card = page.load().wait_for_result(job_id)
    assert (card.detail, card.can_delete) == (photo.name, True)


def test_without_the_stream_results_are_asked_for(stack: Stack, someone: Page, photo: Path) -> None:
    """Those of others on demand, one's own by itself."""
    with stack.listener() as listener:
        before = stack.post_image(encoded(astronaut()))
        listener.wait_for_job(before)
    someone.load_without_stream()
    assert someone.cards() == []
    someone.chrome.find_element("id", "older").click()
    assert someone.wait_for_result(before).headline == "1 face"
    someone.choose(photo)
    assert someone.wait_for_result(photo.name).headline == "1 face"


def test_after_a_broken_connection_a_photo_can_be_sent_again(stack: Stack, page: Page, photo: Path) -> None:
    page.block("*/image")
    page.choose(photo)
    card = page.wait_for_card(lambda card: card.detail.startswith(photo.name) and card.status == "failed")
    assert "could not be reached" in card.detail
    page.block()
    page.click_on_card(photo.name, "retry")
    assert page.wait_for_result(photo.name).headline == "1 face"
    assert len([card for card in page.cards() if card.detail.startswith(photo.name)]) == 1


def test_a_service_that_does_not_answer_is_told_of(page: Page) -> None:
    page.block("*/limits")
    page.chrome.refresh()
    page.wait_until(lambda: "could not be reached" in page.text("trouble"), "the error is shown")
    assert page.text("connection") == "Offline"
