"""`POST /image` in process: options, errors, idempotency and waiting."""

from typing import Any

import pytest
from face_api import dependencies
from facelib.domain import limits
from facelib.domain.job import Job
from facelib.domain.options import CropAspect, CropFaces, Options, Size
from facelib.domain.renders import Render

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import outcome
from tests.support.photos import padded
from tests.support.pictures import astronaut, encoded

PHOTO = encoded(astronaut()[:64, :64])


def options_of(account: Cloud, job_id: str) -> Options:
    job = JobStore(account.jobs_table).peek(job_id)
    assert isinstance(job, Job)
    return job.options


# For each option, a value as text, and the same value as it appears in the job.
OPTIONS: dict[str, tuple[Any, Any]] = {
    "render": ("blur, boxes,blur", (Render.BLUR, Render.BOXES)),
    "min_confidence": ("0.5", 0.5),
    "max_faces": ("2", 2),
    "blur_strength": ("5", 5),
    "size": ("original", Size.ORIGINAL),
    "crop_aspect": ("4:5", CropAspect.PORTRAIT),
    "crop_padding": ("0.25", 0.25),
    "crop_faces": ("largest", CropFaces.LARGEST),
    "faces_json": ("true", True),
}


@pytest.mark.parametrize("name", Options.model_fields)
@pytest.mark.parametrize("by", ["query", "form"])
def test_every_option_can_be_sent_in_the_query_and_in_the_form(api: Api, account: Cloud, name: str, by: str) -> None:
    text, value = OPTIONS[name]
    sent: dict[str, Any] = {"params": {name: text}, "content": PHOTO}
    if by == "form":
        sent = {"data": {name: text}, "files": {"file": PHOTO}}
    response = api.post("/image", **sent)
    assert response.status_code == 202, response.text
    assert options_of(account, response.json()["job_id"]) == Options.model_validate({name: value})


def test_renders_may_be_repeated_and_the_form_takes_precedence(api: Api, account: Cloud) -> None:
    response = api.post(
        "/image",
        params={"max_faces": 1, "size": "original"},
        data={"max_faces": "2", "render": ["blur", "pixelate"]},
        files={"file": PHOTO},
    )
    renders = (Render.BLUR, Render.PIXELATE)
    assert options_of(account, response.json()["job_id"]) == Options(render=renders, max_faces=2, size=Size.ORIGINAL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("render", "sketch"),
        ("render", ""),
        ("max_faces", "0"),
        ("max_faces", "1001"),
        ("max_faces", "true"),
        ("max_faces", "two"),
        ("min_confidence", "NaN"),
        ("min_confidence", "Infinity"),
        ("min_confidence", "null"),
        ("min_confidence", "2"),
        ("size", "huge"),
        ("faces_json", "1"),
        ("faces_json", "yes"),
        ("colour", "red"),
    ],
)
@pytest.mark.parametrize("by", ["query", "form"])
def test_invalid_options_are_refused(api: Api, name: str, value: str, by: str) -> None:
    sent: dict[str, Any] = {"params": {name: value}, "content": PHOTO}
    if by == "form":
        sent = {"data": {name: value}, "files": {"file": PHOTO}}
    response = api.post("/image", **sent)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"].startswith(name)


def test_an_invalid_query_option_is_reported_even_if_the_form_overrides_it(api: Api) -> None:
    response = api.post("/image", params={"size": "huge"}, data={"size": "fit"}, files={"file": PHOTO})
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"content": b""}, 422, "empty"),
        ({"content": b"Dear Sir or Madam"}, 415, "text"),
        ({"content": padded(PHOTO, limits.DIRECT_UPLOAD_BYTES + 1)}, 413, "POST /uploads"),
        ({"files": {"photo": PHOTO}}, 422, "file=@photo.jpg"),
        ({"data": {"file": "photo.jpg"}, "files": {"other": PHOTO}}, 422, "file=@photo.jpg"),
        ({"content": PHOTO, "headers": {"Idempotency-Key": "two words"}}, 422, "Idempotency-Key"),
        ({"content": b"-", "headers": {"Content-Type": "multipart/form-data"}}, 400, ""),
    ],
    ids=["empty", "text", "too large", "another field", "no file", "idempotency key", "no boundary"],
)
def test_invalid_bodies_are_refused(api: Api, sent: dict[str, Any], status: int, words: str) -> None:
    response = api.post("/image", **sent)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert words in response.json()["detail"]


def test_the_largest_image_is_accepted(api: Api) -> None:
    assert api.post("/image", content=padded(PHOTO, limits.DIRECT_UPLOAD_BYTES)).status_code == 202


def test_an_idempotency_key_creates_one_job(api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    first, second = (api.post("/image", content=PHOTO, headers=headers).json() for _ in range(2))
    assert first == second
    other = api.post("/image", content=PHOTO, params={"size": "original"}, headers=headers)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]


@pytest.mark.parametrize(("prefer", "applied"), [("wait=0", "wait=0"), ("respond-async", None), ("wait=x", None)])
def test_the_prefer_header_is_applied_if_it_is_supported(api: Api, prefer: str, applied: str | None) -> None:
    response = api.post("/image", content=PHOTO, headers={"Prefer": prefer})
    assert (response.status_code, response.headers.get("preference-applied")) == (202, applied)
    assert response.headers["location"] == response.json()["links"]["self"]


def test_if_too_many_requests_wait_the_response_is_an_immediate_202(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAITING_REQUESTS", "0")
    dependencies.settings.cache_clear()
    response = api.post("/image", content=PHOTO, headers={"Prefer": "wait=20"})
    assert (response.status_code, response.headers.get("preference-applied")) == (202, None)
    assert response.json()["status"] == "pending"


def test_a_finished_job_is_returned_without_waiting(api: Api, account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAITING_REQUESTS", "0")
    dependencies.settings.cache_clear()
    headers = {"Idempotency-Key": "k", "Prefer": "wait=20"}
    job_id = api.post("/image", content=PHOTO, headers=headers).json()["job_id"]
    jobs = JobStore(account.jobs_table)
    jobs.complete(jobs.claim(job_id, 30), outcome())
    response = api.post("/image", content=PHOTO, headers=headers)
    assert (response.status_code, response.json()["status"]) == (200, "completed")
