"""Untrusted input is limited in size, and so is the part of it that responses quote."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from face_api.problems import MEDIA_TYPE
from face_api.routes.rekognition import DetectFacesRequest
from facelib.domain import limits
from starlette.requests import Request

from tests.support.api import Api
from tests.support.pictures import astronaut, encoded

PHOTO = encoded(astronaut()[:64, :64])
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
DETECT_FACES = {"X-Amz-Target": "RekognitionService.DetectFaces"}
# This is enough for ten problems in the detail, ten in `errors`, and the rest of the response.
MOST_BYTES = 10 * 1024


def form(*parts: tuple[str, str], charset: str = "") -> dict[str, Any]:
    """Return a form with these fields and a photo. It is hand-written, because clients would not send some fields."""
    lines = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts]
    head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    content = "".join(lines).encode() + head.encode() + PHOTO + b"\r\n--b--\r\n"
    return {"content": content, "headers": {"Content-Type": f"multipart/form-data; boundary=b{charset}"}}


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        pytest.param("/uploads", {"json": {"options": {"render": [1] * 5_000}}}, 422, id="wrong renders"),
        pytest.param("/uploads", {"json": {"options": {"render": ["blur"] * 21}}}, 422, id="repeated renders"),
        pytest.param("/uploads", {"json": {f"field{number}": 1 for number in range(900)}}, 422, id="unknown fields"),
        pytest.param("/uploads", {"json": {"x" * 16_000: 1}}, 422, id="a long name"),
        pytest.param("/uploads", {"json": {"content_type": "y" * 16_000}}, 422, id="a long value"),
        pytest.param("/uploads", {"content": b'{"\\ud800": 1}'}, 422, id="half a surrogate pair"),
        pytest.param("/uploads", {"json": {"options": {"render": [1] * 40_000}}}, 413, id="a large body"),
        pytest.param("/uploads", {"content": b"[" * 16_000}, 400, id="deep JSON"),
        pytest.param("/uploads", {"content": b"[" * 4_000_000}, 413, id="deeper JSON"),
        pytest.param(f"/image?render={',' * 8_000}", {"content": JPEG}, 422, id="commas in the query"),
        pytest.param("/image", {"params": {"render": "," * 9_000}, "content": JPEG}, 414, id="a long query"),
        pytest.param(
            "/image", {"params": {f"f{n}": 1 for n in range(900)}, "content": JPEG}, 422, id="many parameters"
        ),
        pytest.param("/image", form(("render", "," * 1_000)), 422, id="commas in a field"),
        pytest.param("/image", form(("render", "," * 100_000)), 400, id="a long field"),
        pytest.param("/image", form(*[("render", "blur")] * 21), 400, id="many fields"),
        pytest.param("/image", form(("n" * 900_000, "1")), 400, id="a long field name"),
        pytest.param(
            "/rekognition",
            {"json": {"Image": {"Bytes": "aaaa"}, "Attributes": [1] * 200_000}, "headers": DETECT_FACES},
            400,
            id="Attributes",
        ),
        pytest.param(
            "/rekognition",
            {"json": {"Image": {"Bytes": ["x"] * 200_000}, "Attributes": {"a": "b"}}, "headers": DETECT_FACES},
            400,
            id="Bytes",
        ),
    ],
)
def test_a_hostile_request_gets_a_short_reply(api: Api, path: str, sent: dict[str, Any], status: int) -> None:
    if path == "/uploads":
        sent = {"headers": {"Content-Type": "application/json"}, **sent}
    response = api.post(path, **sent)
    assert response.status_code == status, response.text[:1_000]
    assert len(response.content) <= MOST_BYTES
    if response.headers["content-type"] == MEDIA_TYPE:
        problem = response.json()
        assert len(problem.get("errors", ())) <= limits.PROBLEMS
        for error in problem.get("errors", ()):
            assert len(error["field"].encode()) <= limits.PROBLEM_BYTES
            assert len(error["detail"].encode()) <= limits.PROBLEM_BYTES


def test_a_few_problems_are_all_reported(api: Api) -> None:
    response = api.post("/uploads", json={"options": {"render": ["blur", "paint", "draw"], "size": "huge"}})
    assert response.status_code == 422
    fields = [error["field"] for error in response.json()["errors"]]
    assert fields == ["options.render.1", "options.render.2", "options.size"]


@pytest.mark.parametrize(
    "charset", ["undefined", "punycode", "idna", "base64", "rot13", "unicode_escape", "none", "🙂"]
)
def test_a_form_in_an_unusual_charset_is_refused(api: Api, charset: str) -> None:
    sent = form(("render", "blur"), charset=f"; charset={charset}")
    sent["headers"] = {name: value.encode() for name, value in sent["headers"].items()}
    response = api.post("/image", **sent)
    assert (response.status_code, response.headers["content-type"]) == (400, MEDIA_TYPE), response.text
    assert "utf-8" in response.json()["detail"]


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF-8"', "; charset=us-ascii", "; charset="])
def test_a_form_in_a_common_charset_is_accepted(api: Api, charset: str) -> None:
    response = api.post("/image", **form(("render", "blur"), charset=charset))
    assert response.status_code == 202, response.text


def test_an_image_that_is_too_large_for_rekognition_gets_its_exception(api: Api) -> None:
    """Rekognition requests have their own limit; the lower limit for other JSON requests does not apply to them."""
    body = json.dumps({"Image": {"Bytes": base64.b64encode(bytes(limits.REKOGNITION_BYTES + 1)).decode()}})
    response = api.post("/rekognition", content=body, headers=DETECT_FACES)
    assert response.json()["__type"] == "ImageTooLargeException"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/uploads"), ("POST", "/jobs/x/renders"), ("PUT", "/jobs/x/corrections"), ("GET", "/jobs")],
)
def test_a_large_body_is_refused_before_it_is_parsed(
    method: str, path: str, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(_: Request) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(Request, "json", parse)
    body = b"[" + b"[]," * 400_000 + b"[]]"
    response = api.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize("items", [b"[],", b"{},", b'{"":0},', b"0,"])
@pytest.mark.parametrize("start", [b'{"Image":{"Bytes":[', b'{"Image":{"Bytes":""},"Other":[', b"["])
def test_a_rekognition_request_of_many_values_is_refused_before_it_is_parsed(
    start: bytes, items: bytes, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(_: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(DetectFacesRequest, "model_validate_json", parse)
    body = start + items * (limits.DIRECT_UPLOAD_BYTES // len(items) - 100)
    response = api.post("/rekognition", content=body, headers=DETECT_FACES)
    assert response.status_code == 400
    assert response.json()["Message"] == "The request is not a DetectFaces request: it has too many values."


def test_a_body_in_chunks_is_read_completely(api: Api) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"options": ', b'{"render": ', b'["blur"]}}'):
            yield piece

    response = api.post("/uploads", content=pieces(), headers={"Content-Type": "application/json"})
    assert response.status_code == 201, response.text
