"""`POST /uploads`, in the tests' process."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facelib.domain import limits

from tests.support.api import Api


def conditions_of(fields: dict[str, str]) -> list[Any]:
    return list(json.loads(base64.b64decode(fields["policy"]))["conditions"])


def test_a_form_is_valid_for_one_original(api: Api) -> None:
    response = api.post("/uploads", json={"content_type": "image/png"})
    assert response.status_code == 201
    upload, key = response.json()["upload"], f"originals/{response.json()['job_id']}"
    assert (upload["fields"]["key"], upload["fields"]["Content-Type"]) == (key, "image/png")
    conditions = conditions_of(upload["fields"])
    assert ["content-length-range", 1, limits.PRESIGNED_UPLOAD_BYTES] in conditions
    assert {"key": key} in conditions
    assert {"Content-Type": "image/png"} in conditions
    left = datetime.fromisoformat(response.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


@pytest.mark.parametrize("media_type", ["image/jpg", "image/heif"])
def test_a_form_accepts_other_names_of_a_format(api: Api, media_type: str) -> None:
    response = api.post("/uploads", json={"content_type": media_type})
    assert response.status_code == 201
    assert {"Content-Type": media_type} in conditions_of(response.json()["upload"]["fields"])


def test_a_form_without_a_content_type_accepts_any_type_of_image(api: Api) -> None:
    fields = api.post("/uploads", json={}).json()["upload"]["fields"]
    assert ["starts-with", "$Content-Type", "image/"] in conditions_of(fields)
    # S3 compares each field with the policy, and refuses a form that lacks one of its conditions.
    assert fields["Content-Type"].startswith("image/")


def options_of(api: Api, job_id: str) -> dict[str, Any]:
    return dict(api.get(f"/jobs/{job_id}").json()["options"])


def test_options_may_be_nested_or_at_the_top_level(api: Api) -> None:
    together = api.post("/uploads", json={"options": {"render": ["blur"], "max_faces": 3}}).json()["job_id"]
    beside = api.post("/uploads", json={"render": ["blur"], "max_faces": 3}).json()["job_id"]
    both = api.post("/uploads", json={"max_faces": 3, "options": {"render": ["blur"], "max_faces": 5}}).json()["job_id"]
    assert options_of(api, together) == options_of(api, beside) == options_of(api, both)
    assert options_of(api, beside)["max_faces"] == 3


def test_nested_and_top_level_options_are_the_same_request(api: Api) -> None:
    key = {"Idempotency-Key": "once"}
    first = api.post("/uploads", json={"render": ["blur"]}, headers=key)
    again = api.post("/uploads", json={"options": {"render": ["blur"]}}, headers=key)
    assert (again.status_code, again.json()["job_id"]) == (201, first.json()["job_id"])
    other = api.post("/uploads", json={"content_type": "image/png", "render": ["blur"]}, headers=key)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ({"content_type": "text/html"}, "content_type"),
        ({"options": {"min_confidence": False}}, "options.min_confidence"),
        ({"options": {"max_faces": True}}, "options.max_faces"),
        ({"options": {"max_faces": "5"}}, "options.max_faces"),
        ({"options": {"render": []}}, "options.render"),
        ({"colour": "red"}, "colour"),
        ({"render": ["sepia"]}, "render.0"),
        ({"max_faces": "5"}, "max_faces"),
    ],
)
def test_invalid_requests_are_refused(api: Api, request_body: dict[str, object], field: str) -> None:
    response = api.post("/uploads", json=request_body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_a_conflict_names_its_job(api: Api) -> None:
    """From this, a sender that repeats an idempotency key learns which job has the image."""
    job_id = api.post("/uploads", json={}).json()["job_id"]
    response = api.get(f"/jobs/{job_id}/processed-image")
    assert (response.status_code, response.json()["job_id"]) == (409, job_id)
