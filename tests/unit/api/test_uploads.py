"""`POST /uploads` in process."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facelib import limits

from tests.support.api import Api


def conditions_of(fields: dict[str, str]) -> list[Any]:
    return list(json.loads(base64.b64decode(fields["policy"]))["conditions"])


def test_a_form_for_one_original(api: Api) -> None:
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


def test_a_form_for_any_type_of_image(api: Api) -> None:
    fields = api.post("/uploads", json={}).json()["upload"]["fields"]
    assert ["starts-with", "$Content-Type", "image/"] in conditions_of(fields)


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ({"content_type": "text/html"}, "content_type"),
        ({"options": {"min_confidence": False}}, "options.min_confidence"),
        ({"options": {"max_faces": True}}, "options.max_faces"),
        ({"options": {"max_faces": "5"}}, "options.max_faces"),
        ({"options": {"render": []}}, "options.render"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_requests_that_are_not_valid(api: Api, request_body: dict[str, object], field: str) -> None:
    response = api.post("/uploads", json=request_body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_a_conflict_names_its_job(api: Api) -> None:
    """A client that sent its idempotency key again learns so which job has the image."""
    job_id = api.post("/uploads", json={}).json()["job_id"]
    response = api.get(f"/jobs/{job_id}/processed-image")
    assert (response.status_code, response.json()["job_id"]) == (409, job_id)
