"""The API's guarantees for a job's life cycle, tested in process."""

import pytest
from facelib.domain import limits, object_keys
from facelib.domain.job import Failure, FailureReason
from facelib.domain.renders import Render
from facelib.stores import clients
from facelib.stores.objects.images import ImageStore

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import outcome
from tests.support.pictures import astronaut, encoded

OURS = Failure(reason=FailureReason.INTERNAL_ERROR, detail="The service failed.")
PHOTO = encoded(astronaut()[:64, :64])
OTHER = encoded(astronaut()[64:128, 64:128])


def posted(api: Api, photo: bytes = PHOTO, key: str | None = None) -> str:
    response = api.post("/image", content=photo, headers={"Idempotency-Key": key} if key else {})
    assert response.status_code == 202, response.text
    return str(response.json()["job_id"])


def objects(account: Cloud) -> set[str]:
    s3 = clients.s3()
    buckets = (account.originals_bucket, account.results_bucket)
    return {one["Key"] for name in buckets for one in s3.list_objects_v2(Bucket=name).get("Contents", [])}


def test_a_deleted_picture_is_never_shown_for_another_job(api: Api, account: Cloud) -> None:
    """The job is deleted during processing, its idempotency key is used again, and the first detector finishes late."""
    jobs, images = JobStore(account.jobs_table), ImageStore(account.originals_bucket, account.results_bucket)
    first = posted(api, key="k")
    jobs.claim(first, 30)
    assert api.delete(f"/jobs/{first}").status_code == 204
    second = posted(api, OTHER, key="k")
    assert second != first
    images.add_result(first, Render.BOXES, b"late")
    assert object_keys.result(second, Render.BOXES) not in objects(account)
    assert api.get(f"/jobs/{second}/processed-image").status_code == 409


def test_an_interrupted_deletion_can_be_repeated(api: Api, account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = posted(api)

    def refused(*_: object) -> None:
        raise RuntimeError("s3:DeleteObject denied")

    with monkeypatch.context() as broken:
        broken.setattr(ImageStore, "delete", refused)
        assert api.delete(f"/jobs/{job_id}").status_code == 500
    assert api.get(f"/jobs/{job_id}").status_code == 404, "the job is hidden even if its deletion is interrupted"
    assert objects(account) == {object_keys.original(job_id)}
    assert api.delete(f"/jobs/{job_id}").status_code == 204
    assert objects(account) == set()
    assert api.delete(f"/jobs/{job_id}").status_code == 404


def test_a_job_that_has_ended_does_not_get_another_form(api: Api, account: Cloud) -> None:
    send = {"json": {}, "headers": {"Idempotency-Key": "k"}}
    granted = api.post("/uploads", **send)
    again = api.post("/uploads", **send)
    assert (granted.status_code, again.status_code) == (201, 201)
    assert granted.json()["job_id"] == again.json()["job_id"]
    jobs = JobStore(account.jobs_table)
    jobs.complete(jobs.claim(granted.json()["job_id"], 30), outcome())
    late = api.post("/uploads", **send)
    assert late.status_code == 409
    assert "new Idempotency-Key" in late.json()["detail"]


def test_a_retry_whose_message_is_refused_leaves_the_job_failed(api: Api, account: Cloud) -> None:
    job_id = posted(api)
    jobs = JobStore(account.jobs_table)
    jobs.fail(jobs.claim(job_id, 30), OURS)
    for _ in range(2):
        # The queue in DETECT_QUEUE_URL does not exist.
        assert api.post(f"/jobs/{job_id}/retry").status_code == 500
        assert api.get(f"/jobs/{job_id}").json()["status"] == "failed"


def test_a_job_whose_image_cannot_be_read_cannot_be_retried(api: Api, account: Cloud) -> None:
    job_id = posted(api)
    jobs = JobStore(account.jobs_table)
    jobs.fail(jobs.claim(job_id, 30), Failure(reason=FailureReason.CORRUPT_IMAGE, detail="It ends too early."))
    response = api.post(f"/jobs/{job_id}/retry")
    assert response.status_code == 409
    assert "would fail again" in response.json()["detail"]


@pytest.mark.parametrize(
    ("origin", "status"), [("https://api.example", 200), (None, 200), ("https://evil.example", 403), ("null", 403)]
)
@pytest.mark.parametrize("path", ["/jobs", "/health", "/limits"])
def test_a_page_of_another_origin_is_refused(api: Api, path: str, origin: str | None, status: int) -> None:
    response = api.get(path, headers={"Origin": origin} if origin else {})
    assert response.status_code == status
    assert response.headers["cache-control"] == "no-store"


NESTED = "[" * 100_000


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/image", {"params": {"size": NESTED[:2_500]}, "content": PHOTO}),
        ("POST", "/image", {"data": {"max_faces": NESTED[:1_000]}, "files": {"file": PHOTO}}),
        ("GET", "/jobs", {"params": {"cursor": "W1tb" * 2_000}}),
        ("GET", "/jobs", {"params": {"cursor": "\0"}}),
        ("POST", "/image", {"params": {"size": "\0"}, "content": PHOTO}),
    ],
    ids=["query", "form", "cursor", "NUL in a cursor", "NUL in an option"],
)
def test_nested_or_unusual_text_is_an_invalid_request(
    api: Api, method: str, path: str, sent: dict[str, object]
) -> None:
    assert api.request(method, path, **sent).status_code == 422


# The first body has as many levels of nesting as fit in the size limit.
@pytest.mark.parametrize("body", [NESTED[: limits.JSON_BYTES], '{"options": ' + NESTED[:16_000], "nonsense"])
def test_an_invalid_json_body_is_refused(api: Api, body: str) -> None:
    response = api.post("/uploads", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422), response.text


@pytest.mark.parametrize(
    "name", ["private/photo.jpg", "originals/\0", "originals/0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"]
)
def test_rekognition_reads_only_originals_of_existing_jobs(api: Api, account: Cloud, name: str) -> None:
    response = api.post(
        "/rekognition",
        json={"Image": {"S3Object": {"Bucket": account.originals_bucket, "Name": name}}},
        headers={"X-Amz-Target": "RekognitionService.DetectFaces"},
    )
    assert (response.status_code, response.json()["__type"]) == (400, "InvalidS3ObjectException")
