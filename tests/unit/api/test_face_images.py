"""`GET /jobs/{id}/faces/{n}/image`: which faces are available, and in what form."""

from dataclasses import dataclass, field

import pytest
from face_api import dependencies
from facelib.domain import limits
from facelib.domain.job import Failure, FailureReason, Job
from facelib.domain.options import Options
from facelib.domain.renders import DRAWN, Render
from facelib.messages.detector_requests import FaceReply, FaceRequest, RenderOutcome

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome

JPEG = b"\xff\xd8\xff a face"


@dataclass
class Detector:
    """A fake detector: it returns a prepared reply, and records the requests."""

    reply: FaceReply = field(default_factory=lambda: FaceReply(image=JPEG))
    requests: list[FaceRequest] = field(default_factory=list)

    def face(self, request: FaceRequest) -> FaceReply:
        self.requests.append(request)
        return self.reply


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> Detector:
    fake = Detector()
    monkeypatch.setattr(dependencies, "detector", lambda: fake)
    return fake


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


def completed(jobs: JobStore, options: Options | None = None, owner: str = "public") -> Job:
    job = jobs.add(new_job(owner, options))
    jobs.complete(jobs.claim(job.job_id, 30), outcome())
    return job


def test_a_face_is_a_jpeg_that_is_not_cached(api: Api, jobs: JobStore, detector: Detector) -> None:
    job = completed(jobs)
    response = api.get(f"/jobs/{job.job_id}/faces/1/image?align=true")
    assert (response.status_code, response.content) == (200, JPEG)
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["cache-control"] == "no-store"
    api.get(f"/jobs/{job.job_id}/faces/0/image")
    assert detector.requests == [
        FaceRequest(job_id=job.job_id, number=1, align=True),
        FaceRequest(job_id=job.job_id, number=0, align=False),
    ]


@pytest.mark.parametrize("render", DRAWN)
def test_a_face_is_available_if_the_photo_may_be_shown(
    api: Api, jobs: JobStore, detector: Detector, render: Render
) -> None:
    job = completed(jobs, Options(render=(render,)))
    response = api.get(f"/jobs/{job.job_id}/faces/0/image")
    assert (response.status_code == 200) is ("plain" in api.get(f"/jobs/{job.job_id}").json()["permitted_renders"])
    assert (response.status_code == 403) == (not detector.requests)


@pytest.mark.parametrize(("number", "status"), [("2", 404), ("999", 404), (str(limits.MAX_FACES), 422), ("-1", 422)])
def test_a_face_that_does_not_exist_is_reported(
    api: Api, jobs: JobStore, detector: Detector, number: str, status: int
) -> None:
    response = api.get(f"/jobs/{completed(jobs).job_id}/faces/{number}/image")
    assert response.status_code == status
    assert status == 422 or "0 to 1" in response.json()["detail"]
    assert not detector.requests


def test_a_pending_or_failed_job_has_no_faces(api: Api, jobs: JobStore, detector: Detector) -> None:
    pending, failed = jobs.add(new_job()), jobs.add(new_job())
    jobs.fail(jobs.claim(failed.job_id, 30), Failure(reason=FailureReason.CORRUPT_IMAGE, detail="It is broken."))
    assert [api.get(f"/jobs/{job.job_id}/faces/0/image").status_code for job in (pending, failed)] == [409, 410]
    assert not detector.requests


@pytest.mark.parametrize(("gone", "status"), [(RenderOutcome.ORIGINAL_GONE, 410), (RenderOutcome.JOB_GONE, 404)])
def test_an_image_that_was_deleted_in_the_meantime_is_reported(
    api: Api, jobs: JobStore, detector: Detector, gone: RenderOutcome, status: int
) -> None:
    detector.reply = FaceReply(outcome=gone)
    assert api.get(f"/jobs/{completed(jobs).job_id}/faces/0/image").status_code == status


def test_faces_of_other_owners_are_not_found(api: Api, jobs: JobStore, detector: Detector) -> None:
    assert api.get(f"/jobs/{completed(jobs, owner='alice').job_id}/faces/0/image").status_code == 404
    assert not detector.requests
