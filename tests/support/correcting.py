"""Makes corrections in the result view, as a person does, and reads what was saved."""

import io
from typing import Any

import numpy as np
from PIL import Image
from selenium.webdriver import ActionChains, Keys

from tests.support.page import Page
from tests.support.pictures import Picture, compose
from tests.support.stack import Stack


def two_faces() -> Picture:
    """Create a photo with two faces, the larger one on the left, and a pattern that represents a missed face."""
    picture = compose(900, 600, [(120, 150, 200), (560, 200, 140)])[0]
    picture[400:600, 450:] = np.random.default_rng(5).integers(0, 255, (200, 450, 1), np.uint8)
    return picture


def posted(stack: Stack, photo: bytes, render: str = "solid,plain,preview") -> str:
    return stack.completed(photo, render=render, size="original")


def begin(page: Page, job_id: str, render: str = "solid") -> None:
    """Open the result view of a job, and start correcting what this render hides."""
    page.open_result(job_id)
    page.click(f"#result [value={render}]")
    page.wait_for_picture()
    start(page)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag the mouse between two points, given as fractions of the picture."""
    left, top, width, height = rectangle(page, ".marks")
    (x0, y0), (x1, y1) = ((left + x * width, top + y * height) for x, y in (start, end))
    for kind, x, y in (("mousePressed", x0, y0), ("mouseMoved", x1, y1), ("mouseReleased", x1, y1)):
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        page.chrome.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def rectangle(page: Page, selector: str) -> list[float]:
    found = page.value(f"Object.values(document.querySelector('#result {selector}').getBoundingClientRect().toJSON())")
    return [float(number) for number in found[:4]]


def start(page: Page) -> None:
    """Start correcting the result that the view shows."""
    page.click("#result .correct")
    wait_for_marks(page)


def wait_for_marks(page: Page) -> None:
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")


def wait_until_saved(page: Page) -> None:
    page.wait_until(lambda: not page.shows("#result .marks"), "the correction is saved")


def save(page: Page) -> None:
    page.click("#result .save")
    wait_until_saved(page)
    page.wait_for_picture()


def corrections(stack: Stack, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.http.get(f"/jobs/{job_id}/corrections").json()
    return found


def result(stack: Stack, job_id: str, render: str = "solid") -> Picture:
    answer = stack.http.get(f"/jobs/{job_id}/processed-image", params={"render": render}, follow_redirects=True)
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"), np.uint8)


def face_on_the_left(stack: Stack, job_id: str) -> int:
    faces = stack.job(job_id)["faces"]
    return min(range(len(faces)), key=lambda number: float(faces[number]["box"]["x"]))


def press(page: Page, *keys: str) -> None:
    ActionChains(page.chrome).send_keys(*keys).perform()


def control(page: Page, key: str) -> None:
    hold(page, Keys.CONTROL, key)


def hold(page: Page, modifier: str, *keys: str) -> None:
    """Press keys while another key is held down."""
    ActionChains(page.chrome).key_down(modifier).send_keys(*keys).key_up(modifier).perform()


def told(page: Page) -> str:
    return str(page.value("document.querySelector('#result .corrections').textContent"))


def problem(page: Page) -> str:
    return str(page.value("document.querySelector('#result .problem').textContent"))


def touch(page: Page, kind: str, *points: tuple[float, float]) -> None:
    page.chrome.execute_cdp_cmd(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]},
    )
