"""Swagger UI, as the service serves it."""

import json
from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_the_documentation_loads_nothing_from_other_sites(stack: Stack, page: Page) -> None:
    page.chrome.get("about:blank")
    page.requests()
    page.chrome.get(stack.docs_url)
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", ".opblock-summary")), "the page is rendered")
    paths = page.chrome.find_elements("css selector", ".opblock-summary-path")
    shown = {path.get_attribute("data-path") for path in paths}
    assert {"/image", "/uploads", "/jobs", "/rekognition", "/limits", "/health"} <= shown
    requested = [url for _, url in page.requests() if url.startswith("http")]
    elsewhere = [url for url in requested if not url.startswith(f"{stack.http_url}/")]
    assert f"{stack.http_url}/openapi.json" in requested
    assert elsewhere == []
    assert page.complaints() == []


def test_requests_can_be_sent_from_the_documentation(stack: Stack, page: Page) -> None:
    page.chrome.get(stack.docs_url)
    for button in ("[data-path='/health'] button, [data-path='/health']", ".try-out__btn", ".execute"):
        page.wait_until(lambda: bool(page.chrome.find_elements("css selector", button)), button)  # noqa: B023
        page.chrome.execute_script("document.querySelector(arguments[0]).click()", button)
    live = ".live-responses-table .response .response-col_status"
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", live)), "a response is shown")
    assert page.chrome.find_element("css selector", live).text.startswith("200")
    assert page.complaints() == []


def test_a_request_with_the_filled_in_defaults_finds_a_face(stack: Stack, page: Page, tmp_path: Path) -> None:
    """Only the file is chosen. All other fields, in the query and in the form, are sent with their defaults."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(one_face())
    page.chrome.get(stack.docs_url)
    operation = "#operations-images-post_image"
    for button in (f"{operation} .opblock-summary-control", f"{operation} .try-out__btn"):
        page.wait_until(lambda: bool(page.chrome.find_elements("css selector", button)), button)  # noqa: B023
        page.chrome.execute_script("document.querySelector(arguments[0]).click()", button)
    file = f"{operation} input[type=file]"
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", file)), file)
    page.chrome.find_element("css selector", file).send_keys(str(photo))
    page.chrome.execute_script("document.querySelector(arguments[0]).click()", f"{operation} .execute")
    live = f"{operation} .live-responses-table .response-col_description code"
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", live)), "a response is shown")
    job_id = json.loads(page.chrome.find_element("css selector", live).get_attribute("textContent") or "")["job_id"]
    stack.wait_until(lambda: stack.job(job_id)["face_count"] == 1)


def test_the_streams_description_is_one_click_away(stack: Stack, page: Page) -> None:
    page.chrome.get(stack.docs_url)
    link = ".information-container a[href$='asyncapi.json']"
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", link)), link)
    address = page.chrome.find_element("css selector", link).get_attribute("href")
    assert address == f"{stack.http_url}/asyncapi.json"
