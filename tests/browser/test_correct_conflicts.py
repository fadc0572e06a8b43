"""Corrections of results that others correct or delete at the same time, or that cannot be corrected."""

import pytest

from tests.support.correcting import begin, corrections, drag, posted, problem, save, told, two_faces
from tests.support.page import Page
from tests.support.pictures import encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_BOX = {"x": 500.0, "y": 420.0, "width": 100.0, "height": 80.0}


# The status and the body of a response, and the message that the page shows.
_REFUSALS = [
    (
        403,
        '{"detail": "Other words."}',
        "This key does not allow corrections; they require the scope \N{LEFT DOUBLE QUOTATION MARK}manage",
    ),
    (404, '{"detail": "Other words."}', "This photo was deleted"),
    (409, '{"detail": "Nothing to correct."}', "Nothing to correct."),
    (503, '{"detail": "Busy."}', "Busy."),
]


@pytest.fixture
def job_id(stack: Stack) -> str:
    return posted(stack, encoded(two_faces()))


def try_to_save(page: Page) -> str:
    """Show the first face, save, and return the page's message."""
    page.click_with_mouse("#result .face")
    page.click("#result .save")
    page.wait_until(lambda: problem(page) != "", "the page shows the reason")
    return problem(page)


def test_corrections_by_others_and_local_changes_are_both_kept(stack: Stack, someone: Page, job_id: str) -> None:
    """The stream is blocked, because the page would otherwise receive the other corrections before it saves."""
    page = someone
    page.load_without_stream()
    stack.http.put(f"/jobs/{job_id}/corrections", json={"hide": [_BOX], "show": [0]}).raise_for_status()
    begin(page, job_id)
    drag(page, (0.1, 0.8), (0.2, 0.9))
    page.click_with_mouse("#result .face")
    assert told(page) == "2 areas hidden by hand. Not saved."
    theirs = {"hide": [{**_BOX, "x": 100.0}], "show": [0, 1]}
    stack.http.put(f"/jobs/{job_id}/corrections", json=theirs).raise_for_status()
    page.click("#result .save")
    page.wait_until(lambda: "Someone else corrected" in problem(page), "the page reports the other corrections")
    assert corrections(stack, job_id)["show"] == [0, 1], "the corrections are not saved before the user has seen both"
    assert told(page) == "1 face shown, 2 areas hidden by hand. Not saved."
    save(page)
    saved = corrections(stack, job_id)
    assert saved["show"] == [1]
    assert [box["x"] for box in saved["hide"]] == pytest.approx([100, 90], abs=3)
    assert problem(page) == ""


def test_without_its_original_a_result_cannot_be_corrected(stack: Stack, page: Page, job_id: str) -> None:
    begin(page, job_id)
    stack.aws.client("s3").delete_object(Bucket=stack.outputs["OriginalsBucketName"], Key=f"originals/{job_id}")
    assert try_to_save(page) == "The original photo was deleted, so its result cannot be corrected."
    assert told(page).endswith("Not saved.")
    page.click("#result .cancel")
    assert not page.shows("#result .marks")
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204


@pytest.mark.usefixtures("fresh")
def test_every_refusal_is_shown_in_plain_words(page: Page, job_id: str) -> None:
    begin(page, job_id)
    page.chrome.execute_script(
        "const real = fetch; window.fetch = (path, how) =>"
        "  how?.method === 'PUT' ? Promise.resolve(new Response(...refusal)) : real(path, how)"
    )
    page.click_with_mouse("#result .face")
    for status, detail, answer in _REFUSALS:
        page.chrome.execute_script("window.refusal = [arguments[1], { status: arguments[0] }]", status, detail)
        page.chrome.execute_script("document.activeElement.blur()")
        page.click("#result .save")
        page.wait_until(lambda: problem(page).startswith(answer), f"the page shows: {answer}")  # noqa: B023
        assert page.value("document.activeElement.className") == "save", (
            "the save button has the focus, so that the user can try again"
        )


def test_no_correction_is_lost_if_the_service_cannot_be_reached(stack: Stack, page: Page, job_id: str) -> None:
    begin(page, job_id)
    page.block("*/corrections")
    assert "could not be reached" in try_to_save(page)
    page.block()
    save(page)
    assert corrections(stack, job_id)["show"] == [0]
