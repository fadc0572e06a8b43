"""Many results: navigation, filters, and actions on several results."""

import zipfile
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver import Keys

from tests.support.correcting import press
from tests.support.page import Page
from tests.support.pictures import compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def sent(
    stack: Stack, first: Page, forgotten: None, kept: set[str], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Send three photos from this browser, and return their jobs' ids, newest first. There are no other jobs."""
    for job_id in stack.job_ids():
        stack.http.delete(f"/jobs/{job_id}")
    first.load()
    photos = [tmp_path_factory.mktemp("photos") / f"{number}.jpg" for number in range(3)]
    for number, photo in enumerate(photos):
        photo.write_bytes(encoded(compose(300 + number, 300, [(60, 80, 120)])[0]))
        first.choose(photo)
        kept.add(first.wait_for_result(photo.name).job_id)
    return first.listed()


@pytest.fixture
def jobs(page: Page, sent: list[str]) -> list[str]:
    """Return the ids of the three jobs once the page lists them only, without a filter and a selection."""
    choose_filter(page, "all")
    if page.shows("#selection .clear"):
        page.click("#selection .clear")
    page.wait_until(lambda: page.listed() == sent, "the page lists no other jobs")
    page.start_log()
    return sent


def wait_for_result(page: Page, job_id: str) -> None:
    page.wait_until(lambda: page.chrome.current_url.endswith(f"#job={job_id}"), "the view shows this job")
    page.wait_for_picture()


def choose_filter(page: Page, name: str) -> None:
    page.click_with_mouse(f"#filter [value={name}]")


def test_results_are_reviewed_with_only_the_arrow_keys(page: Page, jobs: list[str]) -> None:
    page.open_result(jobs[0])
    assert page.value("document.querySelector('.place').textContent") == "1 of 3"
    assert page.value("document.querySelector('.previous').disabled")
    for job_id in jobs[1:]:
        press(page, Keys.ARROW_RIGHT)
        wait_for_result(page, job_id)
    assert page.value("document.querySelector('.next').disabled")
    press(page, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    wait_for_result(page, jobs[1])
    press(page, "r")
    press(page, Keys.ESCAPE)
    focused = "document.activeElement.closest('.card')?.dataset.job"
    page.wait_until(lambda: page.value(focused) == jobs[1], "the view is closed, and its card has the focus")
    choose_filter(page, "unreviewed")
    page.wait_until(lambda: page.listed() == [jobs[1]], "only the photo whose mark was removed is unreviewed")
    page.load()
    choose_filter(page, "unreviewed")
    page.wait_until(lambda: page.listed() == [jobs[1]], "the marks are kept in the browser")
    assert page.text("filtered") == "1 of 3"
    assert page.complaints() == []


def test_buttons_show_other_results_and_the_back_button_closes_the_view(page: Page, jobs: list[str]) -> None:
    page.click(f".card[data-job='{jobs[0]}'] a")
    page.wait_for_picture()
    page.click("#result [value=blur]")
    page.wait_for_picture()
    page.click_with_mouse("#result .next")
    wait_for_result(page, jobs[1])
    assert page.value("document.querySelector('#result .choices :checked').value") == "blur"
    assert page.value("document.activeElement.className") == "next"
    page.chrome.back()
    page.wait_until(lambda: not page.value("document.getElementById('result').open"), "the back button closes the view")


def test_a_swipe_shows_the_next_or_previous_result(page: Page, jobs: list[str]) -> None:
    page.resize(390, 844)
    page.open_result(jobs[0])

    def swipe(across: int, down: int) -> None:
        touch = "Input.dispatchTouchEvent"
        page.chrome.execute_cdp_cmd(touch, {"type": "touchStart", "touchPoints": [{"x": 200, "y": 300}]})
        moved = [{"x": 200 + across, "y": 300 + down}]
        page.chrome.execute_cdp_cmd(touch, {"type": "touchMove", "touchPoints": moved})
        page.chrome.execute_cdp_cmd(touch, {"type": "touchEnd", "touchPoints": []})

    swipe(-120, 10)
    wait_for_result(page, jobs[1])
    swipe(-60, 80)
    swipe(120, 10)
    wait_for_result(page, jobs[0])


def test_filters_show_photos_to_check(stack: Stack, page: Page, jobs: list[str]) -> None:
    empty = stack.completed(encoded(compose(300, 300, [])[0]))
    page.wait_for_result(empty)
    choose_filter(page, "faceless")
    page.wait_until(lambda: page.listed() == [empty], "only the photo without a face is shown")
    lowest = {job_id: min(face["confidence"] for face in stack.job(job_id)["faces"]) for job_id in jobs}
    choose_filter(page, "doubtful")
    doubtful = [job_id for job_id in jobs if lowest[job_id] < 0.6]
    page.wait_until(lambda: page.text("filtered") == f"{len(doubtful)} of 4", "the confidence of all faces is known")
    assert page.listed() == doubtful
    choose_filter(page, "failed")
    assert (page.listed(), page.text("filtered")) == ([], "No photo failed.")
    choose_filter(page, "all")
    assert len(page.listed()) == 4


def test_results_hidden_by_the_filter_are_deselected(page: Page, jobs: list[str]) -> None:
    page.click("#all")
    assert page.value("document.querySelector('#selection output').textContent") == "3 selected"
    choose_filter(page, "faceless")
    choose_filter(page, "all")
    assert not page.shows("#selection .selected")


def test_selected_results_are_downloaded_as_one_zip_named_after_the_photos(
    page: Page, jobs: list[str], tmp_path: Path
) -> None:
    page.click("[name=render][value=blur]")
    photos = [tmp_path / folder / "party.jpg" for folder in ("a", "b")]
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    for number, photo in enumerate(photos):
        photo.parent.mkdir()
        photo.write_bytes(encoded(compose(2300, 300 + number, [(100, 80, 120)])[0], exif=exif.tobytes()))
    page.choose(*photos)
    page.wait_until(
        lambda: len([card for card in page.cards() if card.detail == "party.jpg" and card.width]) == 2,
        "both results are shown",
    )
    page.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    page.pick(*(card.job_id for card in page.cards() if card.detail == "party.jpg"), jobs[0])
    page.click("#selection .download-all")
    page.wait_until((tmp_path / "facecast.zip").exists, "it is saved")
    with zipfile.ZipFile(tmp_path / "facecast.zip") as archive:
        assert archive.testzip() is None
        sizes = {}
        for name in archive.namelist():
            with archive.open(name) as file, Image.open(file) as image:
                sizes[name] = image.size
                assert len(image.getexif()) == 0
    assert sorted(sizes) == ["2-boxes.jpg", "party-blur-2.jpg", "party-blur.jpg"]
    assert {sizes["party-blur.jpg"], sizes["party-blur-2.jpg"]} == {(2300, 300), (2300, 301)}
    assert page.value("document.querySelector('#selection output').textContent") == "3 of 3 saved"
    assert page.complaints() == []


def test_a_result_that_cannot_be_loaded_does_not_stop_the_others(
    stack: Stack, page: Page, jobs: list[str], tmp_path: Path
) -> None:
    page.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    page.block(f"*/jobs/{jobs[0]}")
    page.click("#all")
    page.click("#selection .download-all")
    page.wait_until((tmp_path / "facecast.zip").exists, "it is saved")
    with zipfile.ZipFile(tmp_path / "facecast.zip") as archive:
        assert len(archive.namelist()) == 2
    told = page.value("document.querySelector('#selection output').textContent")
    assert told.startswith("2 of 3 saved.")
    assert "could not be reached" in told


_MADE_UP = """
const real = fetch, id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const at = (n) => new Date(1.7e12 - 1000 * n).toISOString();
const job = (n) => ({ job_id: id(n), status: "completed", created_at: at(n), completed_at: at(n), face_count: n % 3,
  options: { render: ["boxes"] }, links: { processed_image: "x" }, failure: null });
window.asked = 0;
window.fetch = async (path, ...rest) => {
  if (/renders$/.test(path)) { asked += 1; return Response.json({ url: "static/icon.svg" }); }
  const list = /^jobs\\?limit=(\\d+)(&cursor=(\\d+))?/.exec(path);
  if (!list) return real(path, ...rest);
  const [first, count] = [Number(list[3] ?? 0), Number(list[1])];
  const jobs = Array.from({ length: Math.min(count, 1000 - first) }, (_, n) => job(first + n));
  return Response.json({ jobs, next_cursor: first + count < 1000 ? String(first + count) : null });
};
"""


def test_only_the_cards_near_the_screen_are_laid_out(someone: Page) -> None:
    someone.run_first(_MADE_UP)
    # The replay of the stream would add real jobs.
    someone.load_without_stream()
    someone.wait_until(lambda: someone.shows("#older"), "the first page is there")
    while someone.shows("#older"):
        someone.click("#older")
        someone.wait_until(
            lambda: not someone.value("document.getElementById('older').disabled"), "another page of the list is loaded"
        )
    assert len(someone.listed()) == 1_000
    laid_out = """[...document.querySelectorAll('.card h3')]
      .filter((one) => one.checkVisibility({ contentVisibilityAuto: true })).length"""
    for width in (1280, 390):
        someone.resize(width, 844, mobile=width < 500)
        assert someone.value("document.documentElement.scrollWidth") <= width
        someone.wait_until(lambda: someone.value(laid_out) < 150, "only a few cards are laid out")
    assert someone.value("asked") < 200, "only a few pictures are requested"
    someone.click("#all")
    assert someone.value("document.querySelector('#selection output').textContent") == "1000 selected"
    choose_filter(someone, "faceless")
    someone.wait_until(lambda: someone.text("filtered") == "334 of 1000", "a third of the jobs has no face")
