"""The layout of the result view on wide and narrow screens."""

import pytest

from tests.support.page import Page
from tests.support.pictures import compose, encoded
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_SCROLLING = """[...document.querySelectorAll("#result, #result *")].filter((one) =>
  one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY)).length"""


@pytest.fixture(scope="module")
def job_id(stack: Stack) -> str:
    return stack.completed(encoded(compose(900, 600, [(120, 150, 200), (560, 200, 140)])[0]))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("way", ["boxes", "blur"])
def test_at_most_one_element_scrolls_and_no_row_wraps(
    stack: Stack, page: Page, *, way: str, width: int, height: int
) -> None:
    many = [(40 + 130 * (number % 6), 40 + 180 * (number // 6), 100) for number in range(12)]
    job_id = stack.completed(encoded(compose(900, 450, many)[0]))
    page.resize(width, height, mobile=width < 500)
    page.open_result(job_id)
    page.click(f"#result [value={way}]")
    page.wait_for_picture()
    assert page.value(_SCROLLING) <= 1
    heights = (
        "[...document.querySelectorAll('.faces button > *, #result h2, .zoom output')].map((one) => one.offsetHeight)"
    )
    assert max(page.value(heights)) <= 50
    title, close = (
        page.value(
            f"(({{ top, bottom }}) => (top + bottom) / 2)(document.querySelector('{one}').getBoundingClientRect())"
        )
        for one in ("#result h2", "#result .close")
    )
    assert title == pytest.approx(close, abs=4)
    assert page.value("document.getElementById('result').scrollWidth") <= width


@pytest.mark.parametrize("width", [1200, 1000, 900])
def test_the_zoom_is_next_to_the_choices(page: Page, job_id: str, width: int) -> None:
    page.resize(width, 800, mobile=False)
    page.open_result(job_id)
    choices, zoom, tools = (
        page.value(f"Object.values(document.querySelector('#result {one}').getBoundingClientRect().toJSON())")
        for one in (".choices", ".zoom", ".tools")
    )
    assert choices[0] + choices[2] <= zoom[0]
    assert zoom[0] + zoom[2] == pytest.approx(tools[0] + tools[2], abs=1)


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page, job_id: str) -> None:
    page.resize(390, 844)
    page.open_result(job_id)
    assert page.value("document.getElementById('result').scrollWidth") <= 390
