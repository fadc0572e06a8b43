"""Manual corrections: faces are shown again, and missed areas are hidden."""

import numpy as np
import pytest
from selenium.webdriver import ActionChains, Keys

from tests.support.correcting import (
    begin,
    control,
    corrections,
    drag,
    face_on_the_left,
    hold,
    posted,
    press,
    problem,
    rectangle,
    result,
    save,
    start,
    told,
    two_faces,
)
from tests.support.page import Page
from tests.support.pictures import astronaut, encoded, turned
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def older(stack: Stack, kept: set[str]) -> str:
    """Return the id of the job that comes after `job_id` in the view."""
    job_id = stack.completed(encoded(astronaut()))
    kept.add(job_id)
    return job_id


@pytest.fixture(scope="module")
def job_id(stack: Stack, kept: set[str], older: str) -> str:
    """Return the id of a job that no test corrects."""
    job_id = posted(stack, encoded(two_faces()))
    kept.add(job_id)
    return job_id


@pytest.fixture
def own_job(stack: Stack) -> str:
    """Return the id of a job that the test corrects."""
    return posted(stack, encoded(two_faces()))


def test_a_face_is_shown_and_an_area_is_hidden(stack: Stack, page: Page, own_job: str) -> None:
    page.start_log()
    left = face_on_the_left(stack, own_job)
    begin(page, own_job)
    page.chrome.find_elements("css selector", "#result .face")[left].click()
    assert page.value(f"document.querySelectorAll('#result .face')[{left}].ariaPressed") == "true"
    drag(page, (0.6, 0.75), (0.8, 0.9))
    assert told(page) == "1 face shown, 1 area hidden by hand. Not saved."
    save(page)
    saved = corrections(stack, own_job)
    assert saved["show"] == [left]
    (box,) = saved["hide"]
    assert [box["x"], box["y"], box["width"], box["height"]] == pytest.approx([540, 450, 180, 90], abs=3)
    picture = result(stack, own_job).astype(int)
    changed = np.abs(picture - two_faces()).max(axis=2) > 40
    assert picture[455:535, 545:715].std() < 10, "the drawn area is covered"
    assert changed[180:330, 130:260].mean() < 0.02, "the face on the left is visible"
    assert changed[220:330, 570:660].mean() > 0.5, "the face on the right is hidden"
    assert page.value("document.querySelector('#result .count').textContent") == (
        "2 faces, 1 shown; 1 area hidden by hand"
    )
    assert page.complaints() == []


def test_saved_corrections_survive_a_reload_and_can_be_undone(stack: Stack, page: Page, own_job: str) -> None:
    box = {"x": 500.0, "y": 420.0, "width": 100.0, "height": 80.0}
    stack.http.put(f"/jobs/{own_job}/corrections", json={"hide": [box], "show": [1]}).raise_for_status()
    begin(page.load(), own_job)
    assert told(page) == "1 face shown, 1 area hidden by hand."
    pressed = "[...document.querySelectorAll('#result .face')].map((one) => one.ariaPressed)"
    assert page.value(pressed) == ["false", "true"]
    page.chrome.find_elements("css selector", "#result .face")[1].click()
    page.click_with_mouse("#result .area:not(.ghost)")
    page.click("#result .remove")
    assert told(page) == "No corrections. Not saved."
    save(page)
    assert (corrections(stack, own_job)["hide"], corrections(stack, own_job)["show"]) == ([], [])


def test_an_area_is_moved_and_resized_and_each_step_is_undone(page: Page, job_id: str) -> None:
    begin(page, job_id)
    drag(page, (0.6, 0.7), (0.7, 0.8))
    drawn = rectangle(page, ".area.selected")
    drag(page, (0.65, 0.75), (0.75, 0.75))
    moved = rectangle(page, ".area.selected")
    width = rectangle(page, ".marks")[2]
    assert moved[0] - drawn[0] == pytest.approx(0.1 * width, abs=3)
    assert moved[2] == pytest.approx(drawn[2], abs=2)
    corner = page.chrome.find_element("css selector", "#result .selected .corner")
    ActionChains(page.chrome, duration=20).drag_and_drop_by_offset(corner, 50, 20).perform()
    assert rectangle(page, ".area.selected")[2] - moved[2] == pytest.approx(50, abs=3)
    for expected in (moved, drawn):
        page.click("#result .undo")
        assert rectangle(page, ".area:not(.ghost)") == pytest.approx(expected, abs=2)
    page.click("#result .undo")
    assert told(page) == "No corrections."
    assert page.value("document.querySelector('#result .undo').disabled")


@pytest.mark.parametrize("orientation", [1, 6])
def test_drawing_is_correct_on_an_enlarged_and_rotated_picture(stack: Stack, page: Page, orientation: int) -> None:
    job_id = posted(stack, turned(two_faces(), orientation))
    begin(page, job_id)
    for _ in range(3):
        page.click("#result .zoom .in")
    page.chrome.execute_script("const stage = document.querySelector('.stage'); stage.scrollTo(1e6, 1e6)")
    drag(page, (0.8, 0.8), (0.95, 0.9))
    save(page)
    (box,) = corrections(stack, job_id)["hide"]
    assert [box["x"], box["y"], box["width"], box["height"]] == pytest.approx([720, 480, 135, 60], abs=3)


def test_a_result_is_corrected_with_only_the_keyboard(stack: Stack, page: Page, own_job: str) -> None:
    page.open_result(own_job)
    page.click("#result [value=solid]")
    page.wait_for_picture()
    press(page, "c")
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.value(focused) == "Show face 1"
    press(page, Keys.SPACE, Keys.TAB, Keys.ENTER)
    assert page.value(focused) == "Show face 2"
    press(page, "n")
    assert page.value(focused).startswith("Area 1 of 1")
    before = rectangle(page, ".area.selected")
    press(page, *[Keys.ARROW_DOWN] * 3, *[Keys.ARROW_LEFT] * 2)
    hold(page, Keys.SHIFT, *[Keys.ARROW_RIGHT] * 4)
    after = rectangle(page, ".area.selected")
    step = rectangle(page, ".marks")[2] / 100
    moves = [last - first for first, last in zip(before, after, strict=True)]
    assert moves == pytest.approx([-2 * step, 3 * step, 4 * step, 0], abs=3)
    press(page, "n")
    assert told(page).startswith("2 faces shown, 2 areas")
    press(page, Keys.DELETE)
    control(page, "z")
    control(page, "z")
    assert told(page).startswith("2 faces shown, 1 area")
    assert page.chrome.current_url.endswith(own_job), "the arrow keys move the area and do not show another result"
    press(page, Keys.ESCAPE)
    assert "not saved yet" in problem(page), "a single key press does not discard changes"
    assert page.value("document.activeElement.className") == "save"
    control(page, "s")
    page.wait_until(lambda: not page.shows("#result .marks"), "the corrections are saved")
    assert (corrections(stack, own_job)["show"], len(corrections(stack, own_job)["hide"])) == ([0, 1], 1)
    assert page.value("document.activeElement.className") == "correct"
    press(page, "c")
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")
    press(page, Keys.ESCAPE)
    assert not page.shows("#result .marks")
    assert page.value("document.getElementById('result').open")
    press(page, Keys.ESCAPE)
    page.wait_until(lambda: not page.value("document.getElementById('result').open"), "the view is closed")


def test_leaving_does_not_lose_unsaved_corrections(page: Page, job_id: str) -> None:
    begin(page, job_id)
    for leave in (page.chrome.back, lambda: page.click("#result .next"), lambda: page.click("#result .close")):
        page.click_with_mouse("#result .face")
        leave()
        page.wait_until(lambda: "not saved yet" in problem(page), "the page shows the reason")
        assert page.chrome.current_url.endswith(job_id)
        assert page.shows("#result .marks")
        page.click("#result .cancel")
        assert (problem(page), page.shows("#result .marks")) == ("", False)
        start(page)


def test_keyboard_shortcuts_work_wherever_the_focus_is(page: Page, job_id: str) -> None:
    begin(page, job_id)
    press(page, "n")
    page.click_with_mouse("#result .undo")
    assert page.value("document.activeElement.className") == "add", "a disabled button passes its focus on"
    page.click_with_mouse("#result .help")
    press(page, "n")
    assert told(page).startswith("1 area")
    control(page, "z")
    page.click_with_mouse("#result .help")
    press(page, Keys.ESCAPE)
    assert (page.shows("#result .marks"), page.value("document.getElementById('result').open")) == (False, True)
    page.click_with_mouse("#result .count")
    press(page, "c")
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")


def test_a_face_that_was_marked_in_the_list_is_not_marked_after_correcting(page: Page, job_id: str) -> None:
    page.open_result(job_id)
    page.click("#result [value=solid]")
    page.wait_for_picture()
    page.chrome.execute_script("document.querySelector('#result .faces button').focus()")
    assert page.shows("#result .box.marked")
    press(page, "c")
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")
    press(page, Keys.ESCAPE)
    assert not page.shows("#result .box.marked")
