"""Presigned forms, the limit for direct uploads, and idempotency keys, on the real stack."""

import io
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from facelib.domain import limits
from PIL import Image

from tests.support.photos import jpeg, one_face, padded, three_faces
from tests.support.problems import assert_problem
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_a_large_photo_is_uploaded_with_a_presigned_form(stack: Stack) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (3_000, 4_000, 3), np.uint8)
    noise[:1_024, :1_024] = np.asarray(Image.open(io.BytesIO(one_face(1_024))))
    data = jpeg(noise, 95)
    data = padded(data, max(len(data), 20_000_000))
    assert 20_000_000 <= len(data) <= limits.PRESIGNED_UPLOAD_BYTES
    with stack.listener() as listener:
        job_id = stack.upload(data, content_type="image/jpeg")
        event = listener.wait_for_job(job_id)
    assert event["type"] == "job.completed"
    job = stack.job(job_id)
    assert job["image"] == {"width": 4_000, "height": 3_000, "format": "jpeg", "bytes": len(data)}
    assert any(face["confidence"] > 0.8 and face["box"]["x"] < 1_024 for face in job["faces"])
    assert max(Image.open(io.BytesIO(stack.result(job_id))).size) <= limits.RESULT_LONG_SIDE


def test_a_presigned_form_accepts_only_its_own_upload(stack: Stack) -> None:
    granted = stack.http.post("/uploads", json={"content_type": "image/png"}).json()
    form, key = granted["upload"], f"originals/{granted['job_id']}"
    assert form["fields"]["key"] == key
    expires = datetime.fromisoformat(granted["expires_at"])
    assert timedelta(0) < expires - datetime.now(UTC) <= timedelta(minutes=15)
    photo = one_face(64)
    too_large = b"\0" * (limits.PRESIGNED_UPLOAD_BYTES + 1)
    assert stack.post_form(form, too_large, "image/png").status_code == 400
    other_key = {**form, "fields": {**form["fields"], "key": f"originals/{uuid.uuid4()}"}}
    assert stack.post_form(other_key, photo, "image/png").status_code == 403
    other_type = {**form, "fields": {**form["fields"], "Content-Type": "image/jpeg"}}
    assert stack.post_form(other_type, photo).status_code == 403
    assert stack.objects_of(granted["job_id"]) == []
    assert stack.post_form(form, photo, "image/png").status_code == 204


def test_a_form_can_be_posted_unchanged(stack: Stack) -> None:
    granted = stack.http.post("/uploads", json={"render": ["blur"]}).json()
    form = granted["upload"]
    posted = httpx.post(form["url"], data=form["fields"], files={"file": ("photo.png", one_face(256))})
    assert posted.status_code == 204, posted.text
    stack.wait_until(lambda: stack.job(granted["job_id"])["status"] == "completed")
    assert stack.job(granted["job_id"])["options"]["render"] == ["blur"]


def test_an_expired_form_is_refused(stack: Stack) -> None:
    s3 = stack.aws.client("s3")
    job_id = str(uuid.uuid4())
    form = s3.generate_presigned_post(stack.outputs["OriginalsBucketName"], f"originals/{job_id}", ExpiresIn=-1)
    assert stack.post_form(form, one_face(64)).status_code == 403
    assert stack.objects_of(job_id) == []


def test_without_a_valid_signature_the_buckets_are_closed(stack: Stack) -> None:
    job_id = stack.completed(one_face(64))
    redirect = stack.http.get(f"/jobs/{job_id}/processed-image").headers["location"]
    assert httpx.get(redirect).status_code == 200
    assert httpx.get(redirect.partition("?")[0]).status_code == 403
    signature = httpx.URL(redirect).params["X-Amz-Signature"]
    assert httpx.get(redirect.replace(signature, "0" * len(signature))).status_code == 403
    form = stack.http.post("/uploads", json={}).json()["upload"]
    forged = {**form, "fields": {**form["fields"], "x-amz-signature": "0" * 64}}
    assert stack.post_form(forged, one_face(64)).status_code == 403


@pytest.mark.parametrize(("extra", "status"), [(-1, 202), (0, 202), (1, 413)])
def test_direct_uploads_are_limited(stack: Stack, extra: int, status: int) -> None:
    body = padded(one_face(128), limits.DIRECT_UPLOAD_BYTES + extra)
    response = stack.http.post("/image", content=body)
    assert response.status_code == status, response.text
    if status == 413:
        assert_problem(response, 413, "4,500,001 bytes", "POST /uploads")


def test_an_idempotency_key_creates_one_job(stack: Stack) -> None:
    headers = {"Idempotency-Key": f"try-{uuid.uuid4()}"}
    with stack.listener() as listener:
        first, second = (stack.http.post("/image", content=one_face(), headers=headers) for _ in range(2))
        assert (first.status_code, second.status_code) == (202, 202)
        job_id = first.json()["job_id"]
        assert second.json()["job_id"] == job_id
        listener.wait_for_job(job_id)
        third = stack.http.post("/image", content=one_face(), headers=headers)
        assert (third.json()["job_id"], third.json()["status"]) == (job_id, "completed")
        listener.ping()
        assert len(listener.of_job(job_id)) == 1
    assert stack.objects_of(job_id) == [f"originals/{job_id}", f"results/{job_id}/boxes.jpg"]
    assert_problem(stack.http.post("/image", content=three_faces(), headers=headers), 422, "Idempotency-Key")
    other_options = stack.http.post("/image", content=one_face(), params={"render": "blur"}, headers=headers)
    assert_problem(other_options, 422, "Idempotency-Key")


def test_an_idempotency_key_of_an_upload_creates_one_job(stack: Stack) -> None:
    headers = {"Idempotency-Key": f"try-{uuid.uuid4()}"}
    request = {"content_type": "image/jpeg"}
    first, second = (stack.http.post("/uploads", json=request, headers=headers) for _ in range(2))
    assert first.json()["job_id"] == second.json()["job_id"]
    assert_problem(stack.http.post("/uploads", json={}, headers=headers), 422, "Idempotency-Key")
