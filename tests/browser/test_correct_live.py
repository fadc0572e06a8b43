"""Corrections appear on every open page, both in the list and in the result view."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.correcting import begin, corrections, posted, problem, save, told, two_faces
from tests.support.page import Page
from tests.support.pictures import Picture, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_COUNT = "document.querySelector('#result .count').textContent"


@pytest.fixture
def job_id(stack: Stack) -> str:
    return posted(stack, encoded(two_faces()))


def seen(page: Page, selector: str) -> Picture:
    """Return the pixels of an element as the page shows them."""
    shot = page.chrome.find_element("css selector", selector).screenshot_as_png
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.uint8)


def difference(page: Page, selector: str, before: Picture) -> float:
    now = seen(page, selector)
    return 255.0 if now.shape != before.shape else float(np.abs(now.astype(int) - before).mean())


def test_every_open_page_shows_a_correction_immediately(stack: Stack, page: Page, someone: Page, job_id: str) -> None:
    page.start_log()
    card = f"[data-job='{job_id}'] .picture img"
    for one in (page, someone):
        one.emulate(prefers_reduced_motion="reduce")
    someone.load().wait_for_result(job_id)
    page.wait_for_result(job_id)
    in_lists = [seen(one, card) for one in (page, someone)]
    someone.open_result(job_id)
    someone.click("#result [value=solid]")
    someone.wait_for_picture()
    someone.click("#result .zoom .in")
    in_view = seen(someone, "#result .stage")
    begin(page, job_id)
    for face in page.chrome.find_elements("css selector", "#result .face"):
        face.click()
    save(page)
    someone.wait_until(
        lambda: someone.value(_COUNT) == "2 faces, 2 shown", "the view of the other page shows the correction"
    )
    someone.wait_until(
        lambda: difference(someone, "#result .stage", in_view) > 5, "the picture in this view has changed"
    )
    assert someone.value("document.querySelector('#result .zoom output').textContent") == "150 %"
    assert someone.value("document.querySelector('#result .choices :checked').value") == "solid"
    for one, before in zip((page, someone), in_lists, strict=True):
        one.chrome.execute_script("document.getElementById('result').close()")
        one.wait_until(lambda: difference(one, card, before) > 5, "the pictures in both lists have changed")  # noqa: B023
    assert page.complaints() == someone.complaints() == []


def test_simultaneous_corrections_are_merged_and_shown_immediately(stack: Stack, page: Page, job_id: str) -> None:
    begin(page, job_id)
    page.click_with_mouse("#result .face")
    answer = stack.http.put(f"/jobs/{job_id}/corrections", json={"hide": [], "show": [1]})
    assert answer.status_code == 200
    page.wait_until(lambda: "Someone else corrected" in problem(page), "the event is received")
    assert told(page) == "2 faces shown. Not saved."
    save(page)
    assert corrections(stack, job_id)["show"] == [0, 1]


def test_corrections_through_the_api_are_shown_in_the_view(stack: Stack, page: Page, job_id: str) -> None:
    page.start_log()
    page.open_result(job_id)
    page.click("#result [value=solid]")
    page.wait_for_picture()
    for shown, expected in (([0], "2 faces, 1 shown"), ([], "2 faces, all hidden")):
        stack.http.put(f"/jobs/{job_id}/corrections", json={"hide": [], "show": shown}).raise_for_status()
        page.wait_until(lambda: page.value(_COUNT) == expected, expected)  # noqa: B023
    assert page.complaints() == []


def test_when_the_photo_is_deleted_unsaved_corrections_are_discarded(stack: Stack, page: Page, job_id: str) -> None:
    begin(page, job_id)
    page.click_with_mouse("#result .face")
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    page.wait_until(lambda: problem(page) == "This photo was deleted.", "a message appears")
    assert not page.shows("#result .marks")
    page.click("#result .close")
    page.wait_until(
        lambda: not page.value("document.getElementById('result').open"), "the view is closed without a warning"
    )
