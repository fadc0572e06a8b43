"""What everyone needs: the keyboard, small screens, names for what is there, and to know what happens to photos."""

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.support.page import Page

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_UNNAMED = """
return [...document.querySelectorAll("input, select, button, a")].filter((one) => one.checkVisibility()).filter((one) =>
  !(one.ariaLabel || one.textContent.trim() || one.labels?.length || one.querySelector("img[alt]"))
).map((one) => one.outerHTML);
"""


def test_the_keyboard_reaches_everything(page: Page) -> None:
    reached = []
    for _ in range(4):
        ActionChains(page.chrome).send_keys(Keys.TAB).perform()
        focused = page.chrome.switch_to.active_element
        reached.append(focused.get_attribute("id") or focused.get_attribute("name") or focused.text)
    assert reached == ["API", "photos", "render", "min_confidence"]


def test_the_enter_key_does_not_load_the_page_anew(page: Page) -> None:
    page.chrome.find_element("css selector", "[value=blur]").send_keys(Keys.SPACE, Keys.ENTER)
    assert page.chrome.current_url == page.url
    assert page.chrome.execute_script("return new FormData(document.forms[0]).get('render')") == "blur"


def test_every_control_has_a_name(page: Page) -> None:
    assert page.chrome.execute_script(_UNNAMED) == []


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    for width in (320, 390, 768):
        screen = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        page.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        page.wait_until(lambda: page.chrome.execute_script("return innerWidth") == width, "the screen is small")  # noqa: B023
        assert page.chrome.execute_script("return document.documentElement.scrollWidth") <= width


def test_people_are_told_who_sees_their_photos_and_for_how_long(page: Page) -> None:
    assert "Everyone who opens this page sees the results" in page.text("privacy")
    assert "deleted after a day" in page.text("privacy")
