"""How the page behaves if the stream, the list, the service or a picture is not available."""

from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.pictures import astronaut, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_without_the_stream_earlier_results_and_own_results_are_shown(stack: Stack, someone: Page, photo: Path) -> None:
    before = stack.completed(encoded(astronaut()))
    someone.load_without_stream()
    assert someone.wait_for_result(before).headline == "1 face"
    someone.choose(photo)
    assert someone.wait_for_result(photo.name).headline == "1 face"


def test_an_offline_page_connects_on_request(someone: Page) -> None:
    # The next automatic attempt would be in a quarter of an hour.
    never = "Math.random = () => 1_000;"
    someone.run_first(never)
    someone.load_without_stream()
    someone.chrome.execute_script("window.WebSocket = class { constructor() { window.tried = true; } close() {} }")
    someone.click("#connect")
    someone.wait_until(lambda: bool(someone.value("window.tried")), "the page tries to connect immediately")
    assert someone.text("connection") == "Connecting …"


def test_cards_of_deleted_jobs_disappear_when_the_page_reconnects(stack: Stack, someone: Page, photo: Path) -> None:
    """This happens after a restart of the stack: its jobs are gone, but the stream does not report their deletion."""
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
    someone.wait_until(lambda: someone.text("connection") == "Live", "the page is connected again")


def test_on_a_local_stack_the_page_never_waits_long_to_connect(someone: Page) -> None:
    someone.run_first(
        "Math.random = () => 1; const after = setTimeout; window.waits = [];"
        "window.setTimeout = (call, wait) => after(call, window.waits.push(wait ?? 0) < 30 ? 0 : 1e9);"
    )
    someone.load_without_stream()
    someone.wait_until(lambda: bool(someone.value("window.waits.length >= 30")), "the page has tried often")
    assert someone.value("Math.max(...window.waits.filter((wait) => wait < 60_000))") == 2_000


def test_without_the_list_the_stream_fills_the_page(stack: Stack, page: Page, photo: Path) -> None:
    job_id = stack.completed(photo.read_bytes())
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


def test_a_service_that_does_not_answer_is_reported(page: Page) -> None:
    page.block("*/limits")
    page.chrome.refresh()
    page.wait_until(lambda: "could not be reached" in page.text("trouble"), "the error is shown")
    assert page.text("connection") == "Offline"
    page.block()
    page.click("#connect")
    page.wait_until(lambda: page.text("connection") == "Live", "the page connects on request")


def test_a_picture_that_could_not_be_loaded_can_be_loaded_again(page: Page, photo: Path) -> None:
    page.block("*/renders")
    page.choose(photo)
    page.wait_until(lambda: page.shows(".card.unloaded .reload"), "the picture could not be loaded")
    page.block()
    page.click_on_card(photo.name, "reload")
    assert page.wait_for_result(photo.name).headline == "1 face"


def test_the_page_explains_why_a_picture_is_no_longer_available(stack: Stack, page: Page) -> None:
    # An open page would request the preview as soon as it receives the event, before the original is deleted.
    page.leave()
    job_id = stack.completed(encoded(astronaut()))
    bucket = stack.outputs["OriginalsBucketName"]
    stack.aws.client("s3").delete_object(Bucket=bucket, Key=f"originals/{job_id}")
    page.load()
    problem = f"document.querySelector('[data-job=\"{job_id}\"] .picture')?.dataset.problem"
    page.wait_until(lambda: "original" in (page.value(problem) or ""), "the reason is shown")
    assert not page.shows(f"[data-job='{job_id}'] .reload"), "the page does not offer to load the picture again"
    # Pages of later tests would also list this job, and fail to load its picture.
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
