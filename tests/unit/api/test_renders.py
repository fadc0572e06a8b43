"""Results on demand: drawing, refusals and deletions."""

from collections.abc import Callable
from dataclasses import dataclass, field

import boto3
import pytest
from botocore.stub import Stubber
from face_api import dependencies
from facelib.domain import object_keys
from facelib.domain.job import Failure, FailureReason, Job
from facelib.domain.options import Options
from facelib.domain.renders import DRAWN, Render
from facelib.messages.detector_requests import RenderOutcome, RenderReply, RenderRequest
from facelib.stores import clients, detector_client
from facelib.stores.detector_client import DetectorClient
from facelib.stores.objects.images import ImageStore
from facelib.stores.queues.queue import Queue

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome


@dataclass
class Detector:
    """Stores a result as the detector does, and records the requests."""

    account: Cloud
    outcome: RenderOutcome = RenderOutcome.STORED
    requests: list[RenderRequest] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def render(self, request: RenderRequest) -> RenderReply:
        self.requests.append(request)
        self.before()
        if self.outcome is RenderOutcome.STORED:
            ImageStore("originals", "results").add_result(request.job_id, request.render, b"drawn")
            JobStore(self.account.jobs_table).add_render(request.job_id, request.render)
        return RenderReply(outcome=self.outcome)


@pytest.fixture
def detector(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Detector:
    fake = Detector(account)
    monkeypatch.setattr(dependencies, "detector", lambda: fake)
    return fake


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


def completed(jobs: JobStore, options: Options | None = None, owner: str = "public") -> Job:
    job = jobs.add(new_job(owner, options))
    jobs.complete(jobs.claim(job.job_id, 30), outcome())
    return job


def test_another_result_is_drawn_once(api: Api, jobs: JobStore, detector: Detector) -> None:
    job = completed(jobs)
    made = api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"})
    again = api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert [request.render for request in detector.requests] == [Render.BLUR]
    for response in (made, again):
        assert response.json()["render"] == "blur"
        assert object_keys.result(job.job_id, Render.BLUR) in response.json()["url"]
    assert api.get(f"/jobs/{job.job_id}").json()["renders"] == ["boxes", "blur"]
    assert api.get(f"/jobs/{job.job_id}/processed-image?render=blur").status_code == 302


def test_results_that_were_requested_with_the_job_are_not_drawn_again(
    api: Api, jobs: JobStore, detector: Detector
) -> None:
    job = completed(jobs, Options(render=(Render.BOXES, Render.PREVIEW)))
    response = api.post(f"/jobs/{job.job_id}/renders", json={"render": "preview"})
    assert response.status_code == 200
    assert f"{job.job_id}/preview.webp" in response.json()["url"]
    assert detector.requests == []


def test_the_error_for_a_missing_result_explains_how_to_request_it(api: Api, jobs: JobStore) -> None:
    job = completed(jobs)
    missing = api.get(f"/jobs/{job.job_id}/processed-image?render=pixelate")
    assert missing.status_code == 404
    assert f"POST /jobs/{job.job_id}/renders" in missing.json()["detail"]


@pytest.mark.parametrize("render", ["boxes", "plain"])
def test_faces_that_were_sent_to_be_hidden_cannot_be_shown(
    api: Api, jobs: JobStore, detector: Detector, render: str
) -> None:
    job = completed(jobs, Options(render=(Render.BLUR, Render.PREVIEW)))
    refused = api.post(f"/jobs/{job.job_id}/renders", json={"render": render})
    assert refused.status_code == 403
    permitted = api.get(f"/jobs/{job.job_id}").json()["permitted_renders"]
    assert {"blur", "pixelate", "preview", "solid"} <= {*permitted}
    assert f"Choose {' or '.join(sorted(permitted))}, or send" in refused.json()["detail"]
    assert detector.requests == []
    assert api.post(f"/jobs/{job.job_id}/renders", json={"render": "pixelate"}).status_code == 201


@pytest.mark.parametrize("sent", [(Render.BOXES,), (Render.BLUR, Render.PREVIEW), (Render.SOLID,), (Render.PREVIEW,)])
def test_a_job_lists_its_permitted_renders(
    sent: tuple[Render, ...], api: Api, jobs: JobStore, detector: Detector
) -> None:
    job = completed(jobs, Options(render=sent))
    permitted = api.get(f"/jobs/{job.job_id}").json()["permitted_renders"]
    statuses = {
        render: api.post(f"/jobs/{job.job_id}/renders", json={"render": render}).status_code for render in DRAWN
    }
    # The status is 200 if the render was drawn with the job.
    assert permitted == [render for render, status in statuses.items() if status in (200, 201)]
    assert {status for render, status in statuses.items() if render not in permitted} <= {403}


@pytest.mark.parametrize("render", ["blur", "pixelate", "boxes", "plain"])
def test_later_results_of_a_photo_with_covered_faces_do_not_reveal_more(
    api: Api, jobs: JobStore, detector: Detector, render: str
) -> None:
    job = completed(jobs, Options(render=(Render.SOLID,)))
    refused = api.post(f"/jobs/{job.job_id}/renders", json={"render": render})
    assert refused.status_code == 403
    assert "preview or solid" in refused.json()["detail"]
    assert detector.requests == []
    assert api.post(f"/jobs/{job.job_id}/renders", json={"render": "preview"}).status_code == 201


def test_a_strength_that_differs_from_the_jobs_is_refused(api: Api, jobs: JobStore, detector: Detector) -> None:
    """Each result is written only once, so a job has only one strength."""
    job = completed(jobs, Options(blur_strength=5))
    refused = api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur", "blur_strength": 2})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "blur_strength"
    assert detector.requests == []


def test_nothing_is_drawn_for_a_pending_or_failed_job(api: Api, jobs: JobStore, detector: Detector) -> None:
    pending, failed = jobs.add(new_job()), jobs.add(new_job())
    jobs.fail(jobs.claim(failed.job_id, 30), Failure(reason=FailureReason.CORRUPT_IMAGE, detail="It is broken."))
    responses = [api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"}) for job in (pending, failed)]
    assert [response.status_code for response in responses] == [409, 410]
    assert api.get(f"/jobs/{pending.job_id}").json()["renders"] == []
    assert detector.requests == []


def test_without_its_original_a_job_keeps_its_results(api: Api, jobs: JobStore, detector: Detector) -> None:
    job = completed(jobs)
    detector.outcome = RenderOutcome.ORIGINAL_GONE
    response = api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"})
    assert response.status_code == 410
    assert "The job has these results: boxes" in response.json()["detail"]


def test_without_its_original_a_job_without_pictures_lists_no_results(
    api: Api, jobs: JobStore, detector: Detector
) -> None:
    job = completed(jobs, Options(render=(Render.NONE,)))
    detector.outcome = RenderOutcome.ORIGINAL_GONE
    response = api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"})
    assert response.json()["detail"] == (
        "The original no longer exists, so nothing new can be drawn from it. To draw more, send the image again."
    )


def test_another_owners_job_and_a_deleted_job_are_not_found(api: Api, jobs: JobStore, detector: Detector) -> None:
    theirs, deleted = completed(jobs, owner="alice"), completed(jobs)
    detector.outcome = RenderOutcome.JOB_GONE
    for job in (theirs, deleted):
        assert api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"render": "sepia"}, {"render": "blur", "color": "red"}, []])
def test_an_invalid_request_is_refused(api: Api, jobs: JobStore, body: object) -> None:
    assert api.post(f"/jobs/{completed(jobs).job_id}/renders", json=body).status_code == 422


def test_a_crashed_detector_causes_a_cleanup(
    api: Api, jobs: JobStore, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The detector may have stored a result after the job was deleted, so an event makes a detector check this."""
    job = completed(jobs)
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(Queue, "send", lambda _, body, delay=0: sent.append((body, delay)))

    def crash() -> None:
        raise RuntimeError("out of memory")

    detector.before = crash
    assert api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"}).status_code == 500
    ((body, delay),) = sent
    assert object_keys.original(job.job_id) in body
    assert delay > 30


def test_a_deletion_removes_results_that_were_drawn_later(
    api: Api, jobs: JobStore, detector: Detector, account: Cloud
) -> None:
    job = completed(jobs)
    for render in DRAWN:
        assert api.post(f"/jobs/{job.job_id}/renders", json={"render": render}).status_code in {200, 201}
    assert api.delete(f"/jobs/{job.job_id}").status_code == 204
    assert "Contents" not in clients.s3().list_objects_v2(Bucket=account.results_bucket)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "EC2ThrottledException"])
def test_if_the_detector_is_throttled_the_response_is_a_503_with_retry_after(
    api: Api, jobs: JobStore, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    job = completed(jobs)
    client = boto3.client("lambda", region_name="us-east-1")
    monkeypatch.setattr(dependencies, "detector", lambda: DetectorClient("detector"))
    monkeypatch.setattr(detector_client, "lambda_", lambda: client)
    queued: list[str] = []
    monkeypatch.setattr(Queue, "send", lambda _, body, __: queued.append(body))
    with Stubber(client) as stub:
        stub.add_client_error("invoke", code, "Rate Exceeded.", http_status_code=429)
        busy = api.post(f"/jobs/{job.job_id}/renders", json={"render": "blur"})
    assert busy.status_code == 503
    assert int(busy.headers["retry-after"]) > 0
    assert "busy" in busy.json()["detail"]
    assert not queued, "nothing was started, so there is nothing to clean up"
