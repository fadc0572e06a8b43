"""Correcting on a phone."""

import pytest

from tests.support.correcting import begin, corrections, drag, posted, rectangle, save, told, touch, two_faces
from tests.support.page import Page
from tests.support.pictures import crowd, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def crowded(stack: Stack, kept: set[str]) -> str:
    """Return the id of a job with sixty faces, which no test corrects."""
    job_id = posted(stack, encoded(crowd(1600, 1000, 70)[0]))
    kept.add(job_id)
    return job_id


def test_a_finger_can_draw_and_tap_without_scrolling(stack: Stack, page: Page) -> None:
    job_id = posted(stack, encoded(two_faces()))
    page.resize(390, 844)
    page.emulate(prefers_color_scheme="dark")
    begin(page, job_id)
    left, top, width, height = rectangle(page, ".marks")
    face = rectangle(page, ".face")
    touch(page, "touchStart", (face[0] + face[2] / 2, face[1] + face[3] / 2))
    touch(page, "touchEnd")
    assert told(page).startswith("1 face shown")
    start = (left + 0.5 * width, top + 0.7 * height)
    touch(page, "touchStart", start)
    for step in range(1, 6):
        touch(page, "touchMove", (start[0] + step * 0.05 * width, start[1] + step * 0.05 * height))
    touch(page, "touchEnd")
    assert told(page).startswith("1 face shown, 1 area")
    assert page.value("[document.getElementById('result').scrollTop, document.querySelector('.stage').scrollTop]") == [
        0,
        0,
    ]
    assert page.value("document.getElementById('result').scrollWidth") <= 390
    save(page)
    (box,) = corrections(stack, job_id)["hide"]
    assert [box["x"], box["y"], box["width"], box["height"]] == pytest.approx([450, 420, 225, 150], abs=8)
    assert page.chrome.current_url.endswith(job_id), "drawing does not count as a swipe"


def test_two_fingers_move_an_enlarged_picture(page: Page, crowded: str) -> None:
    page.resize(390, 844)
    begin(page, crowded)
    for _ in range(3):
        page.click("#result .zoom .in")
    scrolled = "document.querySelector('.stage').scrollLeft"
    before = page.value(scrolled)
    touch(page, "touchStart", (200, 250))
    touch(page, "touchStart", (200, 250), (250, 300))
    for step in range(1, 6):
        touch(page, "touchMove", (200 - 10 * step, 250), (250 - 10 * step, 300))
    touch(page, "touchEnd")
    assert page.value(scrolled) - before == pytest.approx(50, abs=12)
    assert told(page) == "No corrections.", "two fingers do not draw an area"


def test_a_tap_next_to_small_faces_selects_the_nearest_one(page: Page, crowded: str) -> None:
    page.resize(390, 844)
    begin(page, crowded)
    boxes = page.value(
        "[...document.querySelectorAll('#result .face')].map((one) => one.getBoundingClientRect())"
        ".map(({ x, y, width, height }) => [x + width / 2, y + height / 2, width])"
    )
    number, (x, y, width) = min(enumerate(boxes), key=lambda one: float(one[1][0] + one[1][1]))
    assert width < 20, "the face is smaller than a finger"
    touch(page, "touchStart", (x + width, y))
    touch(page, "touchEnd")
    pressed = "[...document.querySelectorAll('#result .face')].findIndex((one) => one.ariaPressed === 'true')"
    assert page.value(pressed) == number
    touch(page, "touchStart", (x + width / 4, y))
    touch(page, "touchEnd")
    assert told(page) == "No corrections."


def test_marks_at_the_edge_and_in_a_crowd_do_not_cause_scrolling(page: Page, crowded: str) -> None:
    page.resize(390, 844)
    begin(page, crowded)
    drag(page, (0.8, 0.8), (1.02, 1.2))
    stage = "document.querySelector('#result .stage')"
    assert page.value(f"[{stage}.scrollWidth - {stage}.clientWidth, {stage}.scrollHeight - {stage}.clientHeight]") == [
        0,
        0,
    ]
    assert told(page) == "1 area hidden by hand. Not saved.", "the area ends at the edge of the photo"
