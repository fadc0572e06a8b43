"""The choices for the next photos, and the effect of each choice."""

from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.pictures import compose, encoded, saved
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_the_chosen_options_are_sent(stack: Stack, page: Page, photo: Path) -> None:
    page.click("[value=boxes]")
    assert not page.shows("[name=blur_strength]")
    page.click_with_mouse("[value=pixelate]")
    page.click_with_mouse("[name=blur_strength] [value='5']")
    page.click_with_mouse("[name=min_confidence] [value='0.7']")
    page.choose(photo)
    options = stack.job(page.wait_for_result(photo.name).job_id)["options"]
    assert (options["render"], options["min_confidence"]) == (["pixelate", "preview"], 0.7)
    assert options["blur_strength"] == 5


def test_weaker_renders_are_not_offered_for_a_photo_with_covered_faces(stack: Stack, page: Page, photo: Path) -> None:
    page.click_with_mouse("[value=solid]")
    assert not page.shows("[name=blur_strength]")
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    assert stack.job(job_id)["options"]["render"] == ["solid", "preview"]
    page.open_result(job_id)
    renders = page.value("[...document.querySelectorAll('#result .choices input')].map((one) => one.value)")
    assert renders == ["solid"]
    assert page.value("document.querySelector('.after').src.split('?')[0]").endswith("/solid.jpg")


def test_the_choices_are_the_renders_that_the_service_declares(stack: Stack, page: Page) -> None:
    declared = [render for render in stack.http.get("/limits").json()["renders"] if render["name"] != "preview"]
    offered = page.value("[...document.querySelectorAll('#send .choices label')].map((one) => one.textContent)")
    assert offered == [render["label"] for render in declared]
    for render in declared:
        page.click(f"[name=render][value={render['name']}]")
        fields = ["blur_strength", "crop_aspect", "crop_padding", "crop_faces"]
        assert [name for name in fields if page.shows(f"[name={name}]")] == [
            name for name in fields if name in render["options"]
        ]
        assert render["description"] in page.text("about-render")
        assert ("as large as the photo" in page.text("about-render")) == render["hides_faces"]


def test_hiding_keeps_the_size_of_the_photo(stack: Stack, page: Page, tmp_path: Path) -> None:
    large = saved(tmp_path, encoded(compose(2400, 400, [(200, 100, 120)])[0]))
    page.click("[name=render][value=solid]")
    page.choose(large)
    job_id = page.wait_for_result(large.name).job_id
    assert stack.job(job_id)["options"]["size"] == "original"
    page.open_result(job_id)
    assert page.value("document.querySelector('.after').naturalWidth") == 2400
    assert "as large as the photo" in page.value("document.querySelector('#result .size').textContent")


def test_with_numbers_only_a_picture_is_neither_shown_nor_requested(stack: Stack, page: Page, photo: Path) -> None:
    page.click("[name=render][value=none]")
    page.choose(photo)
    card = page.wait_for_card(lambda card: card.detail == photo.name and card.status == "completed")
    assert card.headline == "1 face"
    job = stack.job(card.job_id)
    assert (job["options"]["render"], job["renders"]) == (["none"], [])
    for _ in range(2):
        assert page.value(f"document.querySelector('[data-job=\"{card.job_id}\"] .picture').dataset.problem") == (
            "No picture was requested"
        )
        page.load().wait_for_card(lambda other: other.job_id == card.job_id)
    assert stack.job(card.job_id)["renders"] == []


def test_a_crop_is_sent_with_its_options(stack: Stack, page: Page, photo: Path) -> None:
    page.click("[name=render][value=crop]")
    page.click_with_mouse("[name=crop_aspect] [value='1:1']")
    page.click_with_mouse("[name=crop_padding] [value='0.25']")
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    options = stack.job(job_id)["options"]
    assert (options["crop_aspect"], options["crop_padding"], options["crop_faces"]) == ("1:1", 0.25, "all")
    page.open_result(job_id)
    canvas = page.value(
        "(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])(document.querySelector('.canvas'))"
    )
    assert canvas[0] == pytest.approx(canvas[1], abs=2)
    assert not page.shows("#result .boxes")
    assert not page.shows("#result .threshold")


def test_choices_are_remembered_in_the_browser(page: Page) -> None:
    page.click("[name=render][value=pixelate]")
    page.click_with_mouse("[name=blur_strength] [value='5']")
    page.load()
    chosen = page.value("Object.fromEntries(new FormData(document.getElementById('send')))")
    assert (chosen["render"], chosen["blur_strength"]) == ("pixelate", "5")
    page.chrome.execute_script("localStorage.setItem('facecast.choices', '{\"render\": \"sepia\"}')")
    page.load()
    assert page.value("new FormData(document.getElementById('send')).get('render')") == "boxes"
