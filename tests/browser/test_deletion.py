"""Deleting a photo, and undoing it."""

from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_deleting_a_photo_removes_its_objects_and_its_name(stack: Stack, page: Page, photo: Path) -> None:
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.click_on_card(job_id, "delete")
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")
    page.wait_until(lambda: stack.http.get(f"/jobs/{job_id}").status_code == 404, "the time to undo is over")
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
    page.wait_until(lambda: stack.http.get(f"/jobs/{job_id}").status_code == 404, "the photo is deleted")


def test_a_deletion_reaches_every_page(stack: Stack, page: Page, photo: Path) -> None:
    job_id = stack.completed(photo.read_bytes())
    page.wait_for_result(job_id)
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    page.wait_until(lambda: all(card.job_id != job_id for card in page.cards()), "the card is gone")
