"""The view of one result: the picture, its faces, and actions on it."""

import json
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver import ActionChains, Keys

from tests.support.page import Page
from tests.support.pictures import compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_BOXES = """[...document.querySelectorAll("#result .box")].map((box) => {
  const [outer, inner] = [box.parentElement.getBoundingClientRect(), box.getBoundingClientRect()];
  return [(inner.x - outer.x) / outer.width, (inner.y - outer.y) / outer.height, inner.width / outer.width];
})"""


def posted(stack: Stack, **options: str) -> str:
    photo = encoded(compose(900, 600, [(120, 150, 200), (560, 200, 140)])[0])
    return stack.completed(photo, **options)


@pytest.fixture(scope="module")
def job_id(stack: Stack, kept: set[str]) -> str:
    job_id = posted(stack)
    kept.add(job_id)
    return job_id


def test_the_boxes_match_the_jobs_coordinates(stack: Stack, page: Page, job_id: str) -> None:
    page.start_log()
    page.open_result(job_id)
    faces = stack.job(job_id)["faces"]
    assert len(faces) == 2
    for drawn, face in zip(page.value(_BOXES), faces, strict=True):
        ratio = face["box_ratio"]
        assert drawn == pytest.approx([ratio["left"], ratio["top"], ratio["width"]], abs=0.01)
    listed = page.value("[...document.querySelectorAll('.faces strong')].map((one) => one.textContent)")
    assert listed == [f"{face['confidence'] * 100:.0f}\N{NO-BREAK SPACE}%" for face in faces]
    assert page.value("document.querySelector('.thumbnail').style.backgroundImage").startswith("url(")
    assert page.complaints() == []


def test_the_back_button_closes_a_result_and_its_address_opens_it(page: Page, job_id: str) -> None:
    page.wait_for_result(job_id)
    page.click(f".card[data-job='{job_id}'] a")
    page.wait_for_picture()
    page.chrome.back()
    page.wait_until(lambda: not page.value("document.getElementById('result').open"), "it is closed")
    page.chrome.forward()
    page.wait_for_picture()
    page.chrome.refresh()
    page.wait_for_picture()
    assert page.chrome.current_url.endswith(f"#job={job_id}")
    ActionChains(page.chrome).send_keys(Keys.ESCAPE).perform()
    page.wait_until(lambda: "#job" not in page.chrome.current_url, "the address no longer names the job")


def test_a_face_in_the_list_and_its_box_highlight_each_other(page: Page, job_id: str) -> None:
    page.open_result(job_id)
    page.chrome.execute_script("document.querySelectorAll('.faces button')[1].focus()")
    marked = "[...document.querySelectorAll('#result .box')].map((box) => box.classList.contains('marked'))"
    assert page.value(marked) == [False, True]
    ActionChains(page.chrome).move_to_element(page.chrome.find_element("css selector", "#result .box")).perform()
    assert page.value("document.querySelector('.faces li').classList.contains('marked')")


def test_the_slider_hides_the_boxes_of_less_certain_faces(stack: Stack, page: Page, job_id: str) -> None:
    page.open_result(job_id)
    lowest = min(face["confidence"] for face in stack.job(job_id)["faces"])
    page.chrome.execute_script(
        "const slider = document.querySelector('.threshold input'); slider.value = arguments[0];"
        "slider.dispatchEvent(new Event('input'))",
        int(lowest * 100) + 1,
    )
    shown = "[...document.querySelectorAll('#result .box')].filter((box) => box.checkVisibility()).length"
    count = page.value(shown)
    assert count < 2
    assert page.value("document.querySelector('.count').textContent") == f"{count} of 2 faces"


@pytest.mark.parametrize("way", ["blur", "pixelate", "solid"])
def test_faces_are_hidden_in_the_picture(stack: Stack, page: Page, job_id: str, way: str) -> None:
    page.open_result(job_id)
    page.click(f"#result [value={way}]")
    page.wait_until(lambda: f"/{way}.jpg" in page.value("document.querySelector('.after').src"), "the result is drawn")
    assert way in stack.job(job_id)["renders"]
    page.chrome.execute_script(
        "const slider = document.querySelector('.compare input'); slider.value = 30;"
        "slider.dispatchEvent(new Event('input'))"
    )
    assert page.value("document.querySelector('.after').style.clipPath") == "inset(0px 0px 0px 30%)"


def test_the_divider_is_dragged_on_the_picture(page: Page, job_id: str) -> None:
    page.open_result(job_id)
    assert not page.shows("#result .divider")
    page.click("#result [value=blur]")
    page.wait_for_picture()
    divider, canvas = (page.chrome.find_element("css selector", f"#result .{name}") for name in ("divider", "canvas"))
    half = canvas.size["width"] // 2
    ActionChains(page.chrome).click_and_hold(divider).move_by_offset(half, 0).release().perform()
    share = float(page.value("document.querySelector('.compare input').value"))
    assert share == pytest.approx(50, abs=2)
    hidden_from = page.value("document.querySelector('.after').style.clipPath.match(/([0-9.]+)%/)[1]")
    assert float(hidden_from) == pytest.approx(share, abs=0.5)


def test_hiding_applies_to_all_faces(page: Page, job_id: str) -> None:
    page.open_result(job_id)
    page.click("#result [value=blur]")
    page.wait_for_picture()
    assert not page.shows("#result .threshold")
    assert not page.shows("#result .thumbnail")
    assert page.value("document.querySelector('.count').textContent") == "2 faces, all hidden"
    page.click("#result [value=plain]")
    page.wait_for_picture()
    assert page.shows("#result .threshold")
    assert page.shows("#result .thumbnail")


def test_without_a_face_the_comparison_is_not_offered(stack: Stack, page: Page) -> None:
    job_id = stack.completed(encoded(compose(300, 300, [])[0]))
    page.open_result(job_id)
    page.click("#result [value=blur]")
    page.wait_for_picture()
    assert not page.shows("#result .compare")
    assert not page.shows("#result .divider")


def test_an_unhidden_photo_is_never_shown_if_it_was_sent_with_a_hiding_render(stack: Stack, page: Page) -> None:
    page.start_log()
    job_id = posted(stack, render="blur,preview")
    page.open_result(job_id)
    renders = page.value("[...document.querySelectorAll('#result .choices input')].map((one) => one.value)")
    assert renders == ["blur", "pixelate", "solid"]
    assert not page.shows(".compare")
    asked = [url for _, url in page.requests() if "plain.jpg" in url or "boxes.jpg" in url]
    assert asked == []


def test_the_picture_can_be_enlarged(page: Page, job_id: str) -> None:
    page.open_result(job_id)
    width = "document.querySelector('.canvas').clientWidth"
    before = page.value(width)
    page.click(".zoom .in")
    page.click(".zoom .in")
    assert page.value(width) == pytest.approx(2 * before, abs=2)
    assert page.value("document.querySelector('.zoom output').textContent") == "200 %"
    page.click(".zoom .out")
    assert page.value(width) < 2 * before


def test_a_download_is_named_after_the_photo(page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "holiday.png"
    photo.write_bytes(encoded(compose(300, 300, [(80, 80, 120)])[0], "PNG"))
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    folder = tmp_path / "downloads"
    page.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    page.open_result(job_id)
    page.click("#result .download")
    page.wait_until((folder / "holiday-boxes.jpg").exists, "the result is saved")
    with Image.open(folder / "holiday-boxes.jpg") as saved:
        assert saved.size == (300, 300)


def test_json_and_curl_are_copied(stack: Stack, page: Page, job_id: str) -> None:
    origin = "/".join(page.url.split("/")[:3])
    grant = {"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.chrome.execute_cdp_cmd("Browser.grantPermissions", grant)
    page.open_result(job_id)
    read = "return navigator.clipboard.readText()"
    page.click("#result .copy-json")
    page.wait_until(lambda: page.value("document.querySelector('.copy-json').textContent") == "Copied", "it is copied")
    assert json.loads(page.chrome.execute_script(read))["job_id"] == job_id
    page.click("#result .copy-curl")
    page.wait_until(lambda: page.value("document.querySelector('.copy-curl').textContent") == "Copied", "it is copied")
    assert page.chrome.execute_script(read) == f"curl {stack.http_url}/jobs/{job_id}"


def test_a_deleted_job_is_reported(stack: Stack, page: Page) -> None:
    job_id = posted(stack)
    page.open_result(job_id)
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    page.wait_until(lambda: page.shows("#result .problem"), "the deletion is shown without a reload")
    page.load()
    page.chrome.execute_script("location.hash = `#job=${arguments[0]}`", job_id)
    page.wait_until(lambda: page.shows("#result .problem"), "the deletion is also shown after a reload")
    assert "Job not found" in page.value("document.querySelector('#result .problem').textContent")
    assert not page.shows("#result .view"), "the controls are not shown without a picture"


def test_a_job_that_ends_while_its_view_is_open_is_shown(stack: Stack, page: Page) -> None:
    granted = stack.http.post("/uploads", json={}).json()
    page.chrome.execute_script("location.hash = `#job=${arguments[0]}`", granted["job_id"])
    page.wait_until(lambda: page.shows("#result .problem"), "the page shows that the job is still pending")
    assert "still being processed" in page.value("document.querySelector('#result .problem').textContent")
    assert not page.shows("#result .view")
    photo = encoded(compose(300, 300, [(80, 80, 120)])[0])
    assert stack.post_form(granted["upload"], photo).status_code == 204
    page.wait_for_picture()
    assert len(page.value(_BOXES)) == 1
    assert not page.shows("#result .problem")


def test_deleting_closes_the_view_and_can_be_undone(stack: Stack, page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "mine.jpg"
    photo.write_bytes(encoded(compose(300, 300, [(80, 80, 120)])[0]))
    page.choose(photo)
    job_id = page.wait_for_result(photo.name).job_id
    page.open_result(job_id)
    page.click("#result .delete")
    page.wait_until(lambda: not page.value("document.getElementById('result').open"), "it is closed")
    page.click("#undo button")
    assert page.wait_for_result(job_id).can_delete
    assert stack.job(job_id)["status"] == "completed"
