"""`/jobs/{id}/corrections`: versions, refusals and logs."""

from typing import Any

import pytest
from face_api import dependencies
from facelib.domain import limits
from facelib.domain.corrections import Corrections
from facelib.domain.job import Failure, FailureReason, Job
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.detector_requests import CorrectRequest, RenderOutcome, RenderReply
from facelib.observability import logger
from facelib.stores.attributes import utc_now
from facelib.stores.queues.queue import Queue

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome

BOX = {"x": 1, "y": 2, "width": 30, "height": 40}


class Detector:
    """A fake detector that stores the corrections of a job, and records the requests."""

    def __init__(self, jobs: JobStore) -> None:
        self.jobs = jobs
        self.outcome = RenderOutcome.STORED
        self.requests: list[CorrectRequest] = []

    def correct(self, request: CorrectRequest) -> RenderReply:
        self.requests.append(request)
        if self.outcome is RenderOutcome.STORED:
            self.jobs.corrections.begin(request.job_id, request.before, request.corrections)
            job = self.jobs.peek(request.job_id)
            assert isinstance(job, Job)
            self.jobs.corrections.finish(job.model_copy(update={"corrected_at": utc_now()}))
        return RenderReply(outcome=self.outcome)


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


@pytest.fixture
def detector(jobs: JobStore, monkeypatch: pytest.MonkeyPatch) -> Detector:
    fake = Detector(jobs)
    monkeypatch.setattr(dependencies, "detector", lambda: fake)
    return fake


@pytest.fixture
def path(jobs: JobStore) -> str:
    job = jobs.add(new_job(options=Options(render=(Render.BLUR,))))
    jobs.complete(jobs.claim(job.job_id, 30), outcome())
    return f"/jobs/{job.job_id}/corrections"


def test_corrections_replace_earlier_ones(api: Api, detector: Detector, path: str) -> None:
    nothing = api.get(path)
    assert nothing.json() == {"hide": [], "show": [], "corrected_at": None}
    first = api.request("PUT", path, json={"hide": [BOX], "show": [1, 0, 1]})
    assert first.status_code == 200
    assert (first.json()["hide"], first.json()["show"]) == ([BOX], [0, 1])
    assert first.headers["etag"] != nothing.headers["etag"]
    assert api.get(path).json() == first.json()
    assert api.get(path).headers["etag"] == first.headers["etag"]
    job = api.get(path.removesuffix("/corrections")).json()
    assert (job["corrections"], job["corrected_at"]) == ({"hide": [BOX], "show": [0, 1]}, first.json()["corrected_at"])
    second = api.request("PUT", path, json={}, headers={"If-Match": first.headers["etag"]})
    assert (second.status_code, second.headers["etag"]) == (200, nothing.headers["etag"])


def test_an_outdated_version_is_refused(api: Api, detector: Detector, path: str) -> None:
    old = api.get(path).headers["etag"]
    api.request("PUT", path, json={"show": [0]})
    refused = api.request("PUT", path, json={"show": [1]}, headers={"If-Match": old})
    assert refused.status_code == 412
    assert api.get(path).json()["show"] == [0]
    assert api.request("PUT", path, json={"show": [1]}, headers={"If-Match": "*"}).status_code == 200


def test_a_repeated_request_has_no_effect(api: Api, detector: Detector, path: str) -> None:
    old = api.get(path).headers["etag"]
    answers = [api.request("PUT", path, json={"show": [0]}, headers={"If-Match": old}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(detector.requests) == 1


def test_corrections_that_were_not_drawn_are_drawn_by_the_next_request(
    api: Api, jobs: JobStore, detector: Detector, path: str
) -> None:
    job_id = path.split("/")[2]
    jobs.corrections.begin(job_id, None, Corrections(show=(0,)))
    assert api.get(path).json()["corrected_at"] is None
    assert api.request("PUT", path, json={"show": [0]}).json()["corrected_at"]
    assert len(detector.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"show": [2]},
        {"show": [-1]},
        {"show": [limits.MAX_FACES]},
        {"show": [0] * (limits.MAX_FACES + 1)},
        {"hide": [BOX] * (limits.HIDDEN_BOXES + 1)},
        {"hide": [{**BOX, "x": 640}]},
        {"hide": [{**BOX, "y": 480}]},
        {"hide": [{**BOX, "width": 0}]},
        {"hide": [{**BOX, "x": -1}]},
        {"hide": [{**BOX, "x": "NaN"}]},
        {"hide": [{"x": 1, "y": 1}]},
        {"reveal": [0]},
        [],
    ],
)
def test_invalid_corrections_are_refused(api: Api, detector: Detector, path: str, body: object) -> None:
    assert api.request("PUT", path, json=body).status_code == 422
    assert not detector.requests


def test_the_maximum_number_of_boxes_is_accepted(api: Api, detector: Detector, path: str) -> None:
    box: dict[str, Any] = {"x": 639.123456, "y": 479.123456, "width": 12345.123456, "height": 12345.123456}
    assert api.request("PUT", path, json={"hide": [box] * limits.HIDDEN_BOXES}).status_code == 200


def test_only_a_completed_job_can_be_corrected(api: Api, jobs: JobStore, detector: Detector) -> None:
    pending, failed = jobs.add(new_job()), jobs.add(new_job())
    jobs.fail(jobs.claim(failed.job_id, 30), Failure(reason=FailureReason.CORRUPT_IMAGE, detail="It is broken."))
    for job in (pending, failed):
        assert api.request("PUT", f"/jobs/{job.job_id}/corrections", json={"show": []}).status_code == 409
    assert not detector.requests


@pytest.mark.parametrize(
    ("gone", "status"),
    [(RenderOutcome.ORIGINAL_GONE, 410), (RenderOutcome.JOB_GONE, 404), (RenderOutcome.CHANGED, 412)],
)
def test_a_job_or_original_that_was_deleted_or_changed_in_the_meantime_is_reported(
    api: Api, detector: Detector, path: str, gone: RenderOutcome, status: int
) -> None:
    detector.outcome = gone
    assert api.request("PUT", path, json={"show": [0]}).status_code == status


def test_a_crashed_detector_causes_a_cleanup(
    api: Api, detector: Detector, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def crash(_: object) -> RenderReply:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(detector, "correct", crash)
    monkeypatch.setattr(Queue, "send", lambda _, body, __: sent.append(body))
    assert api.request("PUT", path, json={"show": [0]}).status_code == 500
    assert len(sent) == 1


def test_showing_faces_is_logged_without_personal_data(
    api: Api, detector: Detector, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, object]] = []
    monkeypatch.setattr(logger, "info", lambda _, extra: logged.append(extra))
    api.request("PUT", path, json={"hide": [BOX]})
    assert logged == []
    api.request("PUT", path, json={"hide": [BOX], "show": [0, 1]})
    assert logged == [{"job_id": path.split("/")[2], "count": 2}]


def test_a_deletion_removes_corrected_results(api: Api, jobs: JobStore, detector: Detector, path: str) -> None:
    api.request("PUT", path, json={"hide": [BOX]})
    job_id = path.split("/")[2]
    jobs.begin_deletion(job_id, "public")
    assert not {"corrections", "corrected_at"} & set(jobs.table.item(job_id) or {})
