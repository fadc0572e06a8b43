"""Sending many photos: thumbnails, progress and cancelling."""

from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.pictures import compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Return photos that differ, in the order of their names."""
    paths = [tmp_path / f"{number}-{tmp_path.name}.jpg" for number in range(6)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded(compose(300, 300, [(60 + 5 * number, 80, 120)])[0]))
    return paths


def test_many_photos_have_one_summary_and_keep_their_order(page: Page, photos: list[Path]) -> None:
    page.chrome.execute_script(
        "window.told = []; new MutationObserver(() => told.push(document.querySelector('#sending p').textContent))"
        ".observe(document.getElementById('sending'), { childList: true, subtree: true })"
    )
    page.choose(*photos)
    assert [card.detail for card in page.cards()[:6]] == [photo.name for photo in photos], (
        "all photos are listed immediately and in order"
    )
    for photo in photos:
        assert page.wait_for_result(photo.name).headline == "1 face"
    assert not page.shows("#sending")
    told = page.value("told")
    assert told[0] == "0 of 6"
    assert any(text.startswith("5 of 6, about ") and text.endswith(" s left") for text in told)


@pytest.mark.usefixtures("fresh")
def test_a_photo_is_shown_until_its_result_is_ready(page: Page, photos: list[Path]) -> None:
    page.block("*/image")
    page.chrome.execute_script("XMLHttpRequest.prototype.send = () => {}")
    page.choose(photos[0])
    thumbnail = "document.querySelector('.card img')"
    page.wait_until(lambda: page.value(f"{thumbnail}.naturalWidth") == 300, "the thumbnail of the photo is shown")
    assert page.value(f"{thumbnail}.src").startswith("blob:")


@pytest.mark.usefixtures("fresh")
def test_four_are_sent_at_a_time_and_the_rest_can_be_cancelled(stack: Stack, page: Page, photos: list[Path]) -> None:
    # Make the requests never finish.
    page.chrome.execute_script(
        "window.begun = 0; XMLHttpRequest.prototype.send = function () { begun += 1; };"
        "XMLHttpRequest.prototype.abort = function () { this.dispatchEvent(new Event('abort')); };"
    )
    before = len(page.cards())
    page.choose(*photos)
    page.wait_until(lambda: page.value("begun") == 4, "four are being sent")
    assert len(page.cards()) == before + 6
    page.click("#sending button")
    page.wait_until(lambda: len(page.cards()) == before, "all cards of the cancelled photos are gone")
    assert page.value("begun") == 4
    assert page.failures() == [], "cancelled photos do not count as failed"
    assert not page.shows("#sending")


@pytest.mark.usefixtures("fresh")
def test_sent_photos_cannot_be_cancelled(stack: Stack, page: Page, photos: list[Path]) -> None:
    # These two jobs stay pending, because their forms are not used.
    jobs = [stack.http.post("/uploads", json={}).json()["job_id"] for _ in range(2)]
    page.chrome.execute_script(
        "const jobs = arguments[0]; window.finish = []; XMLHttpRequest.prototype.send = function () {"
        "  const responseText = JSON.stringify({ job_id: jobs.shift() });"
        "  Object.defineProperties(this, { status: { value: 202 }, responseText: { value: responseText } });"
        "  finish.push(() => this.dispatchEvent(new Event('load')));"
        "};",
        jobs,
    )
    page.choose(*photos[:2])
    page.wait_until(lambda: page.value("finish.length") == 2, "both are being sent")
    is_disabled = "document.querySelector('#sending button').disabled"
    assert not page.value(is_disabled)
    page.chrome.execute_script("for (const end of finish) end();")
    page.wait_until(lambda: page.value(is_disabled), "there is nothing left to cancel")
    assert page.shows("#sending")
    bar = "getComputedStyle(document.querySelector('.card progress:indeterminate'))"
    assert page.value(f"{bar}.appearance") == "none", "for users who prefer reduced motion, the bar is not animated"
    for job_id in jobs:
        assert stack.http.delete(f"/jobs/{job_id}").status_code == 204


@pytest.mark.usefixtures("fresh")
def test_failures_are_collected_in_one_line(page: Page, photos: list[Path], tmp_path: Path) -> None:
    letters = [tmp_path / name for name in ("a.jpg", "b.jpg")]
    for letter in letters:
        letter.write_text("Dear Sir or Madam")
    page.choose(letters[0], photos[0], letters[1])
    page.wait_until(lambda: len(page.failures()) == 2, "both have failed")
    assert page.value("document.querySelector('#failures summary').textContent") == "2 photos could not be processed"
    assert not page.shows("#failures li")
    page.click_with_mouse("#failures summary")
    assert page.shows("#failures li")
    assert page.wait_for_result(photos[0].name).headline == "1 face"


def test_unsent_photos_are_sent_when_the_browser_is_online_again(
    stack: Stack, page: Page, photos: list[Path], tmp_path: Path
) -> None:
    def set_offline(*, offline: bool) -> None:
        conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        page.chrome.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    same_name = tmp_path / "other" / photos[0].name
    same_name.parent.mkdir()
    same_name.write_bytes(photos[1].read_bytes())
    page.chrome.execute_cdp_cmd("Network.enable", {})
    set_offline(offline=True)
    page.choose(photos[0], same_name)
    page.wait_until(lambda: len(page.failures()) == 2, "both could not be sent")
    assert "will be sent when the connection is restored" in page.failures()[0]
    set_offline(offline=False)
    page.wait_until(lambda: page.failures() == [], "the photos are sent automatically")

    def are_there() -> bool:
        return [card.detail for card in page.cards() if card.status == "completed"].count(photos[0].name) == 2

    page.wait_until(are_there, "each photo has one result")


def test_unsent_photos_are_sent_when_the_stream_is_connected_again(someone: Page, photos: list[Path]) -> None:
    """This simulates a service that is temporarily down while the browser is online."""
    someone.run_first(
        "const Real = WebSocket; window.sockets = [];"
        "window.WebSocket = class extends Real { constructor(...args) { super(...args); sockets.push(this); } }"
    )
    someone.load()
    someone.block("*/image")
    someone.choose(photos[0])
    someone.wait_until(lambda: len(someone.failures()) == 1, "the photo could not be sent")
    someone.block()
    someone.chrome.execute_script("sockets.at(-1).close()")
    assert someone.wait_for_result(photos[0].name).headline == "1 face"
    assert someone.failures() == []
