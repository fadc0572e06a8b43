"""The complete task of hiding faces: sending photos, reviewing each, correcting some, and downloading all."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Keys

from tests.support.correcting import (
    control,
    drag,
    hold,
    press,
    rectangle,
    save,
    start,
    touch,
    wait_for_marks,
    wait_until_saved,
)
from tests.support.page import Page
from tests.support.pictures import Picture, compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

# In pixels, the height of every face and the position of the missed head; `_LARGE` is the number of the largest photo.
_TALL = 55
_LARGE = 12
_MISSED = (slice(30, 110), slice(160, 230))


@dataclass(frozen=True)
class Photo:
    """A photo with metadata like that of a camera."""

    path: Path
    picture: Picture
    face: tuple[int, int]
    has_missed: bool


def missed_head() -> Picture:
    """Return a head that no detector finds: upside down, with dark glasses and a mask."""
    head = compose(70, 80, [(22, 20, 35)])[0]
    head[27:37, 15:55] = 0
    head[42:57, 15:55] = 255
    return head[::-1]


def take(folder: Path, number: int, *, has_missed: bool) -> Photo:
    """Create a photo whose size and face position depend on its number. One photo is larger than default results."""
    width, height = (2600, 500) if number == _LARGE else (240 + 4 * number, 160 + number)
    face = (30 + number, 45 + number)
    picture = compose(width, height, [(*face, _TALL)])[0]
    if has_missed:
        picture[_MISSED] = missed_head()
    exif = Image.Exif()
    exif[0x010F] = "Camera of Jane Doe"
    exif.get_ifd(0x8825)[2] = (47.0, 22.0, 40.0)
    path = folder / f"photo-{number:02}.jpg"
    path.write_bytes(encoded(picture, exif=exif.tobytes()))
    return Photo(path, picture, face, has_missed)


def send(page: Page, photos: list[Photo]) -> list[str]:
    """Send photos whose faces are to be covered, and return the ids of their jobs in the order of the list."""
    page.click("[name=render][value=solid]")
    page.choose(*(photo.path for photo in photos))
    found = "[...document.querySelectorAll('.card[data-status=completed] .detail')].map((one) => one.textContent)"
    names = [photo.path.name for photo in photos]
    page.wait_until(lambda: page.value(found) == names, "all results are listed in order")
    return [card.job_id for card in page.cards()]


def wait_for(page: Page, job_id: str) -> None:
    page.wait_until(lambda: page.chrome.current_url.endswith(f"#job={job_id}"), "the view shows this job")
    page.wait_for_picture()


def around_missed(photo: Photo) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return two opposite corners of the missed head's area, as fractions of the photo's width and height."""
    height, width = photo.picture.shape[:2]
    rows, columns = _MISSED
    return (columns.start / width, rows.start / height), (columns.stop / width, rows.stop / height)


def download(page: Page, folder: Path) -> dict[str, bytes]:
    """Select all results, save them as one ZIP, and return its files."""
    behavior = {"behavior": "allow", "downloadPath": str(folder)}
    page.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", behavior)
    page.click("#all")
    page.click("#selection .download-all")
    page.wait_until((folder / "facecast.zip").exists, "the archive is saved")
    with zipfile.ZipFile(folder / "facecast.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check(photo: Photo, data: bytes, *, is_shown: bool) -> None:
    """Check that a result is as large as the photo, hides what it should hide, and does not contain metadata."""
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.size == photo.picture.shape[1::-1], photo.path.name
        assert not opened.getexif()
        assert not {"exif", "xmp", "photoshop", "comment"} & opened.info.keys()
        picture = np.asarray(opened.convert("RGB"), np.uint8).astype(int)
    assert b"Jane Doe" not in data
    left, top = photo.face
    face = (slice(top + 10, top + _TALL - 10), slice(left + 5, left + 35))
    changed = (np.abs(picture - photo.picture).max(axis=2) > 40)[face].mean()
    assert changed < 0.05 if is_shown else changed > 0.5, photo.path.name
    if photo.has_missed:
        assert picture[_MISSED][5:-5, 5:-5].std() < 10, "the missed head is covered"


@pytest.mark.usefixtures("no_jobs")
def test_forty_photos_are_hidden_reviewed_corrected_and_downloaded(
    stack: Stack, page: Page, someone: Page, tmp_path: Path
) -> None:
    page.resize(1280, 800, mobile=False)
    someone.load()
    photos = [take(tmp_path, number, has_missed=number in (7, 31)) for number in range(40)]
    jobs = send(page, photos)
    shown = 22
    page.open_result(jobs[0])
    for number, photo in enumerate(photos):
        wait_for(page, jobs[number])
        if photo.has_missed:
            start(page)
            drag(page, *around_missed(photo))
            save(page)
        elif number == shown:
            start(page)
            page.click("#result .face")
            save(page)
        press(page, Keys.ARROW_RIGHT)
    assert page.value("document.querySelector('#result .reviewed input').checked"), (
        "the last photo also counts as reviewed"
    )
    press(page, Keys.ESCAPE)
    page.click_with_mouse("#filter [value=unreviewed]")
    page.wait_until(lambda: page.text("filtered") == "0 of 40", "all photos count as reviewed")
    page.click_with_mouse("#filter [value=all]")
    corrected = {jobs[number]: stack.job(jobs[number])["corrected_at"] for number in (7, shown, 31)}
    assert all(corrected.values())
    versions = "[...document.querySelectorAll('.card')].map((card) => card.dataset.picture)"
    expected = {f"{job_id} {at}" for job_id, at in corrected.items()}
    someone.wait_until(lambda: expected <= set(someone.value(versions)), "the other page shows each correction")
    files = download(page, tmp_path)
    assert sorted(files) == [f"{photo.path.stem}-solid.jpg" for photo in photos]
    for number, photo in enumerate(photos):
        check(photo, files[f"{photo.path.stem}-solid.jpg"], is_shown=number == shown)
    assert page.complaints() == someone.complaints() == []


def swipe_on(page: Page) -> None:
    touch(page, "touchStart", (300, 300))
    touch(page, "touchMove", (150, 305))
    touch(page, "touchEnd")


@pytest.mark.usefixtures("no_jobs")
def test_the_task_can_be_done_on_a_phone_in_dark_mode(stack: Stack, page: Page, tmp_path: Path) -> None:
    page.resize(390, 844)
    page.emulate(prefers_color_scheme="dark")
    photos = [take(tmp_path, number, has_missed=number == 1) for number in range(3)]
    jobs = send(page, photos)
    page.open_result(jobs[0])
    start(page)
    left, top, width, height = rectangle(page, ".face")
    touch(page, "touchStart", (left + width / 2, top + height / 2))
    touch(page, "touchEnd")
    save(page)
    swipe_on(page)
    wait_for(page, jobs[1])
    start(page)
    left, top, width, height = rectangle(page, ".marks")
    corners = [(left + x * width, top + y * height) for x, y in around_missed(photos[1])]
    touch(page, "touchStart", corners[0])
    touch(page, "touchMove", corners[1])
    touch(page, "touchEnd")
    save(page)
    swipe_on(page)
    wait_for(page, jobs[2])
    page.click("#result .close")
    assert [bool(stack.job(job_id)["corrected_at"]) for job_id in jobs] == [True, True, False]
    files = download(page, tmp_path)
    for number, photo in enumerate(photos):
        check(photo, files[f"{photo.path.stem}-solid.jpg"], is_shown=number == 0)


@pytest.mark.usefixtures("no_jobs")
def test_the_task_can_be_done_with_only_the_keyboard_in_dark_mode(stack: Stack, page: Page, tmp_path: Path) -> None:
    page.resize(1280, 800, mobile=False)
    page.emulate(prefers_color_scheme="dark")
    photos = [take(tmp_path, number, has_missed=number == 1) for number in range(3)]
    jobs = send(page, photos)
    page.chrome.find_element("css selector", ".card .picture").send_keys(Keys.ENTER)
    wait_for(page, jobs[0])
    press(page, "c")
    wait_for_marks(page)
    press(page, Keys.ENTER)
    control(page, "s")
    wait_until_saved(page)
    press(page, Keys.ARROW_RIGHT)
    wait_for(page, jobs[1])
    press(page, "c")
    wait_for_marks(page)
    press(page, "n")
    cover_by_keys(page, photos[1])
    control(page, "s")
    wait_until_saved(page)
    press(page, Keys.ARROW_RIGHT)
    wait_for(page, jobs[2])
    press(page, Keys.ESCAPE)
    assert [bool(stack.job(job_id)["corrected_at"]) for job_id in jobs] == [True, True, False]
    files = download(page, tmp_path)
    for number, photo in enumerate(photos):
        check(photo, files[f"{photo.path.stem}-solid.jpg"], is_shown=number == 0)


def cover_by_keys(page: Page, photo: Photo) -> None:
    """With the arrow keys, move the new rectangle to a corner of the head and resize it to the opposite corner."""
    left, top, width, height = rectangle(page, ".marks")
    (x0, y0), (x1, y1) = around_missed(photo)
    step = max(width, height) / 100
    area = rectangle(page, ".area.selected")
    by_step(page, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, (left + x0 * width - area[0]) / step)
    by_step(page, Keys.ARROW_DOWN, Keys.ARROW_UP, (top + y0 * height - area[1]) / step)
    area = rectangle(page, ".area.selected")
    by_step(page, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, 1 + (left + x1 * width - area[0] - area[2]) / step, shift=True)
    by_step(page, Keys.ARROW_DOWN, Keys.ARROW_UP, 1 + (top + y1 * height - area[1] - area[3]) / step, shift=True)


def by_step(page: Page, forth: str, back: str, steps: float, *, shift: bool = False) -> None:
    keys = [forth if steps > 0 else back] * abs(round(steps))
    if shift:
        hold(page, Keys.SHIFT, *keys)
    else:
        press(page, *keys)
