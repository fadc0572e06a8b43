"""Swagger UI, as the service serves it."""

import pytest

from tests.support.page import Page
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_the_documentation_needs_nothing_from_elsewhere(stack: Stack, page: Page) -> None:
    page.chrome.get("about:blank")
    page.requests()
    page.chrome.get(stack.docs_url)
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", ".opblock-summary")), "it is drawn")
    paths = page.chrome.find_elements("css selector", ".opblock-summary-path")
    shown = {path.get_attribute("data-path") for path in paths}
    assert {"/image", "/uploads", "/jobs", "/limits", "/health"} <= shown
    requested = [url for _, url in page.requests() if url.startswith("http")]
    elsewhere = [url for url in requested if not url.startswith(f"{stack.http_url}/")]
    assert f"{stack.http_url}/openapi.json" in requested
    assert elsewhere == []
    assert page.complaints() == []


def test_the_documentation_can_be_tried_out(stack: Stack, page: Page) -> None:
    page.chrome.get(stack.docs_url)
    for button in ("[data-path='/health'] button, [data-path='/health']", ".try-out__btn", ".execute"):
        page.wait_until(lambda: bool(page.chrome.find_elements("css selector", button)), button)  # noqa: B023
        page.chrome.execute_script("document.querySelector(arguments[0]).click()", button)
    live = ".live-responses-table .response .response-col_status"
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", live)), "it is answered")
    assert page.chrome.find_element("css selector", live).text.startswith("200")
    assert page.complaints() == []
