"""The pictures in the README, which `make screenshots` writes to docs/images."""

import base64
import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Keys

from tests.support.page import Page
from tests.support.pictures import astronaut, encoded

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_SIZE = (1120, 700)
_MOST_BYTES = 1_000_000


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder for the pictures: docs/images with `--write-images`, otherwise a temporary folder."""
    return Path(__file__).parents[2] / "docs" / "images" if request.config.getoption("--write-images") else tmp_path


@pytest.fixture
def fresh(no_jobs: None, someone: Page) -> Page:
    """Open a page without results, in dark mode and at the size of the pictures."""
    someone.chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": _SIZE[0], "height": _SIZE[1], "deviceScaleFactor": 1, "mobile": False},
    )
    someone.emulate(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    return someone.load()


def shot(page: Page) -> Image.Image:
    taken = page.chrome.execute_cdp_cmd("Page.captureScreenshot", {"optimizeForSpeed": True})
    return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")


def story(page: Page, photos: list[Path]) -> Iterator[tuple[Image.Image, int]]:
    """Yield screenshots and their durations in milliseconds: photos, a result, hidden faces, a correction."""
    page.wait_until(lambda: page.shows("#empty"), "the page is empty")
    yield shot(page), 1_600
    page.click("#sample")
    page.wait_until(lambda: bool(page.cards()), "the sample is being sent")
    yield shot(page), 700
    page.wait_for_result("astronaut.jpg")
    yield shot(page), 1_200
    page.choose(*photos)
    page.wait_until(lambda: page.shows("#sending"), "the photos are being sent")
    yield shot(page), 800
    for photo in photos:
        page.wait_for_result(photo.name)
    page.wait_until(lambda: not page.shows("#sending"), "all results are shown")
    yield shot(page), 1_600
    page.open_result(page.wait_for_result(photos[0].name).job_id)
    page.chrome.execute_script("document.querySelectorAll('.faces button')[1].focus()")
    yield shot(page), 1_800
    page.click("#result [value=blur]")
    page.wait_until(lambda: "/blur.jpg" in page.value("document.querySelector('.after').src"), "the faces are blurred")
    for share, milliseconds in ((100, 500), (75, 120), (50, 120), (25, 120), (0, 1_800)):
        page.chrome.execute_script(
            "const slider = document.querySelector('.compare input'); slider.value = arguments[0];"
            "slider.dispatchEvent(new Event('input'))",
            share,
        )
        yield shot(page), milliseconds
    page.click("#result .correct")
    page.wait_until(lambda: page.shows("#result .marks"), "the marks are there")
    yield shot(page), 1_200
    page.chrome.find_elements("css selector", "#result .face")[1].click()
    page.click("#result .add")
    page.chrome.find_element("css selector", "#result .area.selected").send_keys(*[Keys.ARROW_DOWN] * 12)
    yield shot(page), 1_800
    page.click("#result .save")
    page.wait_until(lambda: not page.shows("#result .marks"), "the correction is saved")
    page.wait_for_picture()
    yield shot(page), 2_400


def test_the_still_and_the_animation_for_the_readme_are_complete_and_small(
    fresh: Page, folder: Path, tmp_path: Path
) -> None:
    head = astronaut()[:400, 60:400]
    team = np.hstack([head, head[:, ::-1], head])
    photos = [tmp_path / name for name in ("team.jpg", "portrait.jpg")]
    photos[0].write_bytes(encoded(team))
    photos[1].write_bytes(encoded(astronaut()[:300, 80:400]))
    frames, milliseconds = zip(*story(fresh, photos), strict=True)
    folder.mkdir(parents=True, exist_ok=True)
    still, motion = folder / "correcting.webp", folder / "page-in-motion.webp"
    frames[-2].save(still, quality=85)
    frames[0].save(
        motion, save_all=True, append_images=frames[1:], duration=list(milliseconds), loop=0, quality=70, method=4
    )
    with Image.open(motion) as saved:
        # On a fast machine, a photo may be ready before the screenshot of sending it. Equal frames are merged.
        assert getattr(saved, "n_frames", 1) == 1 + sum(
            one.tobytes() != other.tobytes() for one, other in pairwise(frames)
        )
    assert still.stat().st_size + motion.stat().st_size <= _MOST_BYTES
