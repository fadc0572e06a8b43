"""Deleting a photo, and undoing it."""

from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.pictures import astronaut, compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture
def jobs(no_jobs: None, page: Page, tmp_path: Path) -> list[str]:
    """Send three photos from this browser, and return their jobs' ids, newest first. The page lists no other jobs."""
    job_ids = []
    for number in range(3):
        photo = tmp_path / f"{number}.jpg"
        photo.write_bytes(encoded(compose(300 + number, 300, [(60, 80, 120)])[0]))
        page.choose(photo)
        job_ids.append(page.wait_for_result(photo.name).job_id)
    return job_ids[::-1]


def wait_until_deleted(stack: Stack, job_id: str) -> None:
    """Wait until the job is deleted, which is after the time in which the user can undo the deletion."""
    stack.wait_until(lambda: stack.http.get(f"/jobs/{job_id}").status_code == 404, pause=0.5)


def test_deleting_a_photo_removes_its_objects_and_its_name(stack: Stack, page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(job_id, "delete")
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")
    wait_until_deleted(stack, job_id)
    page.wait_until(lambda: stack.objects_of(job_id) == [], "the objects are gone")
    page.wait_until(
        lambda: job_id not in page.value("JSON.stringify(localStorage)"), "the browser no longer stores its name"
    )


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
    wait_until_deleted(stack, job_id)


def test_a_deletion_reaches_every_page(stack: Stack, page: Page, photo: Path) -> None:
    job_id = stack.completed(photo.read_bytes())
    page.wait_for_result(job_id)
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")


@pytest.mark.usefixtures("fresh")
def test_selected_photos_are_deleted_together_and_this_can_be_undone(stack: Stack, page: Page, jobs: list[str]) -> None:
    page.pick(*jobs[:2])
    page.click("#selection .delete-all")
    page.wait_until(lambda: page.listed() == [jobs[2]], "the cards are gone")
    assert page.text("undo").startswith("2 photos deleted.")
    page.click("#undo button")
    page.wait_until(lambda: page.listed() == jobs, "all cards are listed again in order")
    assert {stack.job(job_id)["status"] for job_id in jobs} == {"completed"}
    is_picked = "!!document.querySelector('[data-job=\"{}\"] :checked')"
    page.pick(*(job_id for job_id in jobs[:2] if not page.value(is_picked.format(job_id))))
    page.click("#selection .delete-all")
    for job_id in jobs[:2]:
        wait_until_deleted(stack, job_id)
    assert stack.job(jobs[2])["status"] == "completed"
    assert page.complaints() == []


@pytest.mark.usefixtures("fresh")
def test_other_users_photos_are_not_deleted(stack: Stack, page: Page, jobs: list[str]) -> None:
    other = stack.completed(encoded(astronaut()))
    page.wait_for_result(other)
    page.click("#all")
    assert page.value("document.querySelector('.delete-all').textContent") == "Delete only yours (3)"
    page.click("#selection .delete-all")
    page.wait_until(lambda: page.listed() == [other], "only the other user's photo remains")
