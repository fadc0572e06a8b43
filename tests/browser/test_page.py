"""The web page: photos go out, everyone's results come in."""

import uuid
from pathlib import Path

import numpy as np
import pytest

from tests.support.page import Page
from tests.support.pictures import astronaut, compose, encoded, resized
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
    assert not page.shows("[name=blur_strength]")
    page.chrome.find_element("css selector", "[value=pixelate]").click()
    page.chrome.find_element("css selector", "[name=blur_strength] [value='5']").click()
    page.chrome.find_element("css selector", "[name=min_confidence] [value='0.7']").click()
    page.choose(photo)
    options = stack.job(page.wait_for_result(photo.name).job_id)["options"]
    assert (options["render"], options["min_confidence"]) == (["pixelate", "preview"], 0.7)
    assert options["blur_strength"] == 5


def test_a_photo_whose_faces_are_covered_offers_nothing_less(stack: Stack, page: Page, photo: Path) -> None:
    page.chrome.find_element("css selector", "[value=solid]").click()
    assert not page.shows("[name=blur_strength]")
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    assert stack.job(job_id)["options"]["render"] == ["solid", "preview"]
    page.open_result(job_id)
    renders = page.value("[...document.querySelectorAll('#result .choices input')].map((one) => one.value)")
    assert renders == ["solid"]
    assert page.value("document.querySelector('.after').src.split('?')[0]").endswith("/solid.jpg")


def test_the_choices_are_the_renders_that_the_service_declares(stack: Stack, page: Page) -> None:
    declared = [render for render in stack.http.get("/limits").json()["renders"] if render["name"] != "preview"]
    offered = page.value("[...document.querySelectorAll('#send .choices label')].map((one) => one.textContent)")
    assert offered == [render["label"] for render in declared]
    for render in declared:
        page.click(f"[name=render][value={render['name']}]")
        fields = ["blur_strength", "crop_aspect", "crop_padding", "crop_faces"]
        assert [name for name in fields if page.shows(f"[name={name}]")] == [
            name for name in fields if name in render["options"]
        ]
        assert render["description"] in page.text("about-render")
        assert ("as large as the photo" in page.text("about-render")) == render["hides_faces"]


def test_what_hides_faces_keeps_the_size_of_the_photo(stack: Stack, page: Page, tmp_path: Path) -> None:
    large = save(tmp_path, encoded(resized(astronaut(), 2400, 2400)))
    page.click("[name=render][value=solid]")
    page.choose(large)
    job_id = page.wait_for_result(large.name).job_id
    assert stack.job(job_id)["options"]["size"] == "original"
    page.open_result(job_id)
    assert page.value("document.querySelector('.after').naturalWidth") == 2400
    assert "as large as the photo" in page.value("document.querySelector('#result .size').textContent")


def test_numbers_only_has_no_picture_and_asks_for_none(stack: Stack, page: Page, photo: Path) -> None:
    page.click("[name=render][value=none]")
    page.choose(photo)
    card = page.wait_for_card(lambda card: card.detail == photo.name and card.status == "completed")
    assert card.headline == "1 face"
    job = stack.job(card.job_id)
    assert (job["options"]["render"], job["renders"]) == (["none"], [])
    for _ in range(2):
        assert page.value(f"document.querySelector('[data-job=\"{card.job_id}\"] .picture').dataset.problem") == (
            "Numbers only, no picture"
        )
        page.load().wait_for_card(lambda other: other.job_id == card.job_id)
    assert stack.job(card.job_id)["renders"] == []


def test_a_crop_is_sent_with_its_options(stack: Stack, page: Page, photo: Path) -> None:
    page.click("[name=render][value=crop]")
    page.chrome.find_element("css selector", "[name=crop_aspect] [value='1:1']").click()
    page.chrome.find_element("css selector", "[name=crop_padding] [value='0.25']").click()
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    options = stack.job(job_id)["options"]
    assert (options["crop_aspect"], options["crop_padding"], options["crop_faces"]) == ("1:1", 0.25, "all")
    page.open_result(job_id)
    canvas = page.value(
        "(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])(document.querySelector('.canvas'))"
    )
    assert canvas[0] == pytest.approx(canvas[1], abs=2)
    assert not page.shows("#result .boxes")
    assert not page.shows("#result .threshold")


def test_the_choice_is_remembered_in_the_browser(page: Page) -> None:
    page.click("[name=render][value=pixelate]")
    page.chrome.find_element("css selector", "[name=blur_strength] [value='5']").click()
    page.load()
    chosen = page.value("Object.fromEntries(new FormData(document.getElementById('send')))")
    assert (chosen["render"], chosen["blur_strength"]) == ("pixelate", "5")
    page.chrome.execute_script("localStorage.setItem('facecast.choices', '{\"render\": \"sepia\"}')")
    page.load()
    assert page.value("new FormData(document.getElementById('send')).get('render')") == "boxes"


def test_a_large_photo_goes_straight_to_the_bucket(stack: Stack, page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (1300, 1300, 3), np.uint8)
    photo = save(tmp_path, encoded(compose(1300, 1300, [(400, 400, 300)], noise)[0], "PNG"), ".png")
    assert photo.stat().st_size > stack.http.get("/limits").json()["direct_upload_bytes"]
    page.choose(photo)
    card = page.wait_for_result(photo.name)
    assert card.headline == "1 face"
    assert stack.job(card.job_id)["image"]["bytes"] == photo.stat().st_size
    posts = [url for method, url in page.requests() if method == "POST" and not url.endswith("/renders")]
    assert posts[0] == f"{stack.http_url}/uploads"
    assert stack.outputs["OriginalsBucketName"] in posts[1]
    assert page.complaints() == []


def test_a_file_that_is_no_image_is_refused_with_a_reason(page: Page, tmp_path: Path) -> None:
    letter = save(tmp_path, b"Dear Sir or Madam")
    page.choose(letter)
    assert "text" in page.wait_for_failure(letter.name)
    assert all(card.detail != letter.name for card in page.cards())
    page.click("#failures li button[aria-label^=Dismiss]")
    page.wait_until(lambda: not page.shows("#failures"), "the line is gone")


def test_a_broken_photo_shows_why_it_failed(stack: Stack, page: Page, tmp_path: Path) -> None:
    broken = save(tmp_path, encoded(astronaut())[:20_000])
    page.choose(broken)
    failure = page.wait_for_failure(broken.name)
    (job,) = stack.http.get("/jobs", params={"status": "failed", "limit": 1}).json()["jobs"]
    assert failure == f"{broken.name}: {job['failure']['detail']}"
    assert page.load().wait_for_failure(broken.name) == failure, "own failures are there after a reload"
    page.forget()
    page.load()
    page.wait_until(lambda: not page.shows("#loading"), "the list is there")
    assert page.failures() == [], "other people's failures are theirs"


def test_too_large_a_file_is_not_sent(stack: Stack, page: Page, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(stack.http.get("/limits").json()["presigned_upload_bytes"] + 1)
    page.choose(huge)
    assert "25 MB" in page.wait_for_failure(huge.name)
    assert [url for method, url in page.requests() if method == "POST" and "/renders" not in url] == []


def test_delete_removes_the_photo_for_good(stack: Stack, page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(job_id, "delete")
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")
    page.wait_until(lambda: stack.http.get(f"/jobs/{job_id}").status_code == 404, "the time to undo is over")
    page.wait_until(lambda: stack.objects_of(job_id) == [], "the objects are gone")
    page.wait_until(lambda: job_id not in page.value("JSON.stringify(localStorage)"), "its name is forgotten")


def test_a_deletion_can_be_undone(stack: Stack, page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(job_id, "delete")
    page.click("#undo button")
    assert page.wait_for_result(job_id).can_delete
    assert stack.job(job_id)["status"] == "completed"


def test_leaving_the_page_does_not_undo_a_deletion(stack: Stack, page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(job_id, "delete")
    page.chrome.get("about:blank")
    page.wait_until(lambda: stack.http.get(f"/jobs/{job_id}").status_code == 404, "it is deleted")


def test_a_deletion_reaches_every_page(stack: Stack, page: Page, photo: Path) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(photo.read_bytes())
        listener.wait_for_job(job_id)
    page.wait_for_result(job_id)
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")


def test_own_photos_stay_own_after_a_reload(page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    card = page.load().wait_for_result(job_id)
    assert (card.detail, card.can_delete) == (photo.name, True)


def test_without_the_stream_the_list_is_there_and_own_results_come(stack: Stack, someone: Page, photo: Path) -> None:
    with stack.listener() as listener:
        before = stack.post_image(encoded(astronaut()))
        listener.wait_for_job(before)
    someone.load_without_stream()
    assert someone.wait_for_result(before).headline == "1 face"
    someone.choose(photo)
    assert someone.wait_for_result(photo.name).headline == "1 face"


def test_an_offline_page_connects_when_told_to(someone: Page) -> None:
    # The next attempt of its own is then a quarter of an hour away.
    never = "Math.random = () => 1_000;"
    someone.run_first(never)
    someone.load_without_stream()
    someone.chrome.execute_script("window.WebSocket = class { constructor() { window.tried = true; } close() {} }")
    someone.click("#connect")
    someone.wait_until(lambda: bool(someone.value("window.tried")), "it tries now")
    assert someone.text("connection") == "Connecting …"


def test_cards_of_jobs_that_are_gone_go_when_the_page_is_connected_again(
    stack: Stack, someone: Page, photo: Path
) -> None:
    """As after the stack was started again: nothing is left, and the stream says nothing of it."""
    someone.run_first(
        "const Real = WebSocket;"
        "window.WebSocket = class extends Real { constructor(...given) { super(...given); window.socket = this; } };"
    )
    someone.load()
    gone, kept = stack.post_image(photo.read_bytes()), stack.post_image(photo.read_bytes())
    for job_id in (gone, kept):
        someone.wait_for_result(job_id)
    stack.aws.client("dynamodb").delete_item(TableName=stack.outputs["JobsTableName"], Key={"job_id": {"S": gone}})
    someone.chrome.execute_script("window.socket.close()")
    someone.wait_until(lambda: gone not in {card.job_id for card in someone.cards()}, "the card is gone")
    assert kept in {card.job_id for card in someone.cards()}
    someone.wait_until(lambda: someone.text("connection") == "Live", "it is connected again")


def test_on_the_stacks_own_computer_the_page_never_waits_long_to_connect(someone: Page) -> None:
    someone.run_first(
        "Math.random = () => 1; const after = setTimeout; window.waits = [];"
        "window.setTimeout = (call, wait) => after(call, window.waits.push(wait ?? 0) < 30 ? 0 : 1e9);"
    )
    someone.load_without_stream()
    someone.wait_until(lambda: bool(someone.value("window.waits.length >= 30")), "it has tried often")
    assert someone.value("Math.max(...window.waits.filter((wait) => wait < 60_000))") == 2_000


def test_without_the_list_the_stream_fills_the_page(stack: Stack, page: Page, photo: Path) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(photo.read_bytes())
        listener.wait_for_job(job_id)
    page.block("*/jobs?*")
    page.load()
    assert page.wait_for_result(job_id).headline == "1 face"


def test_after_a_broken_connection_a_photo_can_be_sent_again(stack: Stack, page: Page, photo: Path) -> None:
    page.block("*/image")
    page.choose(photo)
    assert "could not be reached" in page.wait_for_failure(photo.name)
    page.block()
    page.click("#failures li button[aria-label^=Try]")
    assert page.wait_for_result(photo.name).headline == "1 face"
    assert len([card for card in page.cards() if card.detail.startswith(photo.name)]) == 1
    assert page.failures() == []


def test_a_service_that_does_not_answer_is_told_of(page: Page) -> None:
    page.block("*/limits")
    page.chrome.refresh()
    page.wait_until(lambda: "could not be reached" in page.text("trouble"), "the error is shown")
    assert page.text("connection") == "Offline"
    page.block()
    page.click("#connect")
    page.wait_until(lambda: page.text("connection") == "Live", "it connects when told to")


def test_a_picture_that_failed_is_loaded_again(page: Page, photo: Path) -> None:
    page.block("*/renders")
    page.choose(photo)
    page.wait_until(lambda: page.shows(".card.unloaded .reload"), "it could not be loaded")
    page.block()
    page.click_on_card(photo.name, "reload")
    assert page.wait_for_result(photo.name).headline == "1 face"


def test_an_empty_page_says_what_this_is_and_offers_a_sample(stack: Stack, page: Page) -> None:
    for job in stack.http.get("/jobs", params={"limit": 100}).json()["jobs"]:
        stack.http.delete(f"/jobs/{job['job_id']}")
    page.load()
    page.wait_until(lambda: page.shows("#empty"), "the page is empty")
    assert "finds the faces in your photos" in page.text("empty")
    page.click("#sample")
    assert page.wait_for_result("astronaut.jpg").headline == "1 face"
    assert not page.shows("#empty")


def test_a_picture_that_cannot_be_had_any_more_says_why(stack: Stack, page: Page) -> None:
    # An open page would ask for the preview as soon as it hears of the job, before the original is gone.
    page.leave()
    with stack.listener() as listener:
        job_id = stack.post_image(encoded(astronaut()))
        listener.wait_for_job(job_id)
    bucket = stack.outputs["OriginalsBucketName"]
    stack.aws.client("s3").delete_object(Bucket=bucket, Key=f"originals/{job_id}")
    page.load()
    problem = f"document.querySelector('[data-job=\"{job_id}\"] .picture')?.dataset.problem"
    page.wait_until(lambda: "original" in (page.value(problem) or ""), "the reason is shown")
    assert not page.shows(f"[data-job='{job_id}'] .reload"), "to load it again would not help"
    # The pages of the tests to come would list it too, and fail to load its picture.
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
