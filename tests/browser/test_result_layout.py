"""The layout of the result view on wide and narrow screens."""

import pytest

from tests.support.correcting import rectangle
from tests.support.page import Page
from tests.support.pictures import compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_SCROLLING = """[...document.querySelectorAll("#result, #result *")].filter((one) =>
  one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY)).length"""
# The screens of a phone and of a desktop.
_SIZES = [(390, 844), (1280, 800)]


@pytest.fixture(scope="module")
def job_id(stack: Stack, kept: set[str]) -> str:
    """Return the id of a job whose faces do not fit on the screen as a list."""
    many = [(40 + 130 * (number % 6), 40 + 180 * (number // 6), 100) for number in range(12)]
    job_id = stack.completed(encoded(compose(900, 450, many)[0]))
    kept.add(job_id)
    return job_id


@pytest.mark.parametrize("way", ["boxes", "blur"])
def test_at_most_one_element_scrolls_and_no_row_wraps(page: Page, job_id: str, way: str) -> None:
    page.open_result(job_id)
    page.click(f"#result [value={way}]")
    page.wait_for_picture()
    for width, height in _SIZES:
        page.resize(width, height, mobile=width < 500)
        assert page.value(_SCROLLING) <= 1, width
        heights = (
            "[...document.querySelectorAll('.faces button > *, #result h2, .zoom output')]"
            ".map((one) => one.offsetHeight)"
        )
        assert max(page.value(heights)) <= 50, width
        title, close = (
            page.value(
                f"(({{ top, bottom }}) => (top + bottom) / 2)(document.querySelector('{one}').getBoundingClientRect())"
            )
            for one in ("#result h2", "#result .close")
        )
        assert title == pytest.approx(close, abs=4), width
        assert page.value("document.getElementById('result').scrollWidth") <= width


def test_the_zoom_is_next_to_the_choices(page: Page, job_id: str) -> None:
    page.open_result(job_id)
    for width in (1200, 1000, 900):
        page.resize(width, 800, mobile=False)
        choices, zoom, tools = (rectangle(page, one) for one in (".choices", ".zoom", ".tools"))
        assert choices[0] + choices[2] <= zoom[0], width
        assert zoom[0] + zoom[2] == pytest.approx(tools[0] + tools[2], abs=1), width
