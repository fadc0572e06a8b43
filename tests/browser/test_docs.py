"""Swagger UI, as the service serves it."""

import json
from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def docs(stack: Stack, first: Page, forgotten: None) -> Page:
    """Open Swagger UI once, because rendering it takes a second."""
    first.chrome.get(stack.docs_url)
    wait_for(first, ".opblock-summary")
    return first


def wait_for(page: Page, selector: str) -> None:
    page.wait_until(lambda: bool(page.chrome.find_elements("css selector", selector)), f"{selector} is there")


def press(page: Page, *selectors: str) -> None:
    """Click these elements one after the other, each once it is there."""
    for selector in selectors:
        wait_for(page, selector)
        page.chrome.execute_script("document.querySelector(arguments[0]).click()", selector)


def test_the_documentation_loads_nothing_from_other_sites(stack: Stack, docs: Page) -> None:
    paths = docs.chrome.find_elements("css selector", ".opblock-summary-path")
    shown = {path.get_attribute("data-path") for path in paths}
    assert {"/image", "/uploads", "/jobs", "/rekognition", "/limits", "/health"} <= shown
    requested = [url for _, url in docs.requests() if url.startswith("http")]
    elsewhere = [url for url in requested if not url.startswith(f"{stack.http_url}/")]
    assert f"{stack.http_url}/openapi.json" in requested
    assert elsewhere == []
    assert docs.complaints() == []


def test_requests_can_be_sent_from_the_documentation(stack: Stack, docs: Page) -> None:
    operation = "#operations-service-get_health"
    press(docs, f"{operation} .opblock-summary-control", f"{operation} .try-out__btn", f"{operation} .execute")
    live = f"{operation} .live-responses-table .response .response-col_status"
    wait_for(docs, live)
    assert docs.chrome.find_element("css selector", live).text.startswith("200")
    assert docs.complaints() == []


@pytest.mark.usefixtures("tidy")
def test_a_request_with_the_filled_in_defaults_finds_a_face(stack: Stack, docs: Page, tmp_path: Path) -> None:
    """Only the file is chosen. All other fields, in the query and in the form, are sent with their defaults."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(one_face())
    operation = "#operations-images-post_image"
    press(docs, f"{operation} .opblock-summary-control", f"{operation} .try-out__btn")
    file = f"{operation} input[type=file]"
    wait_for(docs, file)
    docs.chrome.find_element("css selector", file).send_keys(str(photo))
    press(docs, f"{operation} .execute")
    live = f"{operation} .live-responses-table .response-col_description code"
    wait_for(docs, live)
    job_id = json.loads(docs.chrome.find_element("css selector", live).get_attribute("textContent") or "")["job_id"]
    stack.wait_until(lambda: stack.job(job_id)["face_count"] == 1)


def test_the_streams_description_is_one_click_away(stack: Stack, docs: Page) -> None:
    link = ".information-container a[href$='asyncapi.json']"
    wait_for(docs, link)
    address = docs.chrome.find_element("css selector", link).get_attribute("href")
    assert address == f"{stack.http_url}/asyncapi.json"
