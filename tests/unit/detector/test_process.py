"""The detector's use case and handler, with moto behind the stores and a fake detector."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import boto3
import numpy as np
import pytest
from face_detector import main, process
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector
from face_detector.process import DetectionService
from facelib import keys
from facelib.detector_requests import RenderOutcome
from facelib.errors import JobClaimed
from facelib.job import Failure, FailureReason, Job, Status
from facelib.job_view import JobView
from facelib.options import Options, Render
from facelib.s3_events import OriginalCreated
from facelib.stores.images import ImageStore
from facelib.stores.jobs import JobStore
from PIL import Image

from tests.support.account import Cloud
from tests.support.context import Context
from tests.support.detector import detections
from tests.support.jobs import DETECTOR, new_job

LEASE = 30


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


PUBLIC_URL = "https://faces.example"


class OneFace(Detector):
    """Finds one face in the middle of every image, without a network."""

    def __init__(self) -> None:
        self.info = DETECTOR
        self.during: Callable[[], object] = lambda: None

    @property
    def long_side(self) -> int:
        return 1024

    threshold = 0.5
    redact_threshold = 0.3

    def detect(self, pixels: np.ndarray, threshold: float) -> Detections:
        self.during()
        height, width = pixels.shape[:2]
        return detections((width / 4, height / 4, width / 2, height / 2, 0.9))


class Service:
    def __init__(self, account: Cloud) -> None:
        self.jobs = JobStore(account.jobs_table)
        self.images = ImageStore(account.originals_bucket, account.results_bucket)
        self.detector = OneFace()
        self.service = DetectionService(self.jobs, self.images, self.detector, LEASE, PUBLIC_URL)
        self.account = account

    def upload(self, data: bytes, options: Options | None = None) -> Job:
        job = self.jobs.add(new_job(options=options))
        self.images.add_original(job.job_id, data, "image/png")
        return job

    def objects(self) -> set[str]:
        s3 = boto3.client("s3")
        buckets = (self.account.originals_bucket, self.account.results_bucket)
        return {one["Key"] for name in buckets for one in s3.list_objects_v2(Bucket=name).get("Contents", [])}


@pytest.fixture
def service(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service(account)
    monkeypatch.setattr(main, "service", lambda: made.service)
    return made


def s3_event(*job_ids: str) -> dict[str, Any]:
    return {
        "Records": [
            {"eventSource": "aws:s3", "s3": {"bucket": {"name": "o"}, "object": {"key": keys.original(job_id)}}}
            for job_id in job_ids
        ]
    }


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": str(n), "eventSource": "aws:sqs", "body": body, "receiptHandle": "r"}
            for n, body in enumerate(bodies)
        ]
    }


def test_a_job_is_processed_and_its_results_are_stored(service: Service) -> None:
    job = service.upload(png(), Options(render=(Render.BOXES, Render.BLUR)))
    service.service.process(OriginalCreated(job.job_id, None))
    done = service.jobs.get(job.job_id, "public")
    assert (done.status, done.face_count, done.detector) == (Status.COMPLETED, 1, DETECTOR)
    expected = {keys.original(job.job_id)} | {keys.result(job.job_id, one) for one in (Render.BOXES, Render.BLUR)}
    assert service.objects() == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", FailureReason.EMPTY_FILE, id="empty"),
        pytest.param(b"hello", FailureReason.UNSUPPORTED_FORMAT, id="text"),
        pytest.param(png()[:60], FailureReason.CORRUPT_IMAGE, id="truncated"),
    ],
)
def test_bad_bytes_fail_the_job_and_are_not_tried_again(service: Service, data: bytes, reason: FailureReason) -> None:
    job = service.upload(data)
    assert main.handler(sqs_event(json.dumps(s3_event(job.job_id))), Context()) == {"batchItemFailures": []}
    failure = service.jobs.get(job.job_id, "public").failure
    assert failure is not None
    assert failure.reason is reason


def test_a_missing_original_fails_the_job(service: Service) -> None:
    job = service.jobs.add(new_job())
    service.service.process(OriginalCreated(job.job_id, None))
    failure = service.jobs.get(job.job_id, "public").failure
    assert failure is not None
    assert failure.reason is FailureReason.ORIGINAL_MISSING


def test_an_original_whose_job_is_gone_is_removed(service: Service) -> None:
    job = service.upload(png())
    service.jobs.begin_deletion(job.job_id, "public")
    service.service.process(OriginalCreated(job.job_id, None))
    assert service.objects() == set()


def test_a_job_as_the_api_shows_it_is_stored_where_that_was_asked_for(service: Service) -> None:
    job = service.upload(png(), Options(faces_json=True))
    service.service.process(OriginalCreated(job.job_id, None))
    s3_object = boto3.client("s3").get_object(Bucket=service.account.results_bucket, Key=keys.faces_json(job.job_id))
    assert s3_object["ContentType"] == "application/json"
    shown = JobView.of(service.jobs.get(job.job_id, "public"), PUBLIC_URL)
    assert json.loads(s3_object["Body"].read()) == shown.model_dump(mode="json")
    assert (shown.status, shown.face_count) == (Status.COMPLETED, 1)
    service.images.delete(job.job_id)
    assert service.objects() == set()


def test_a_job_deleted_while_it_is_processed_leaves_nothing(service: Service) -> None:
    job = service.upload(png(), Options(faces_json=True))
    service.detector.during = lambda: service.jobs.begin_deletion(job.job_id, "public")
    service.service.process(OriginalCreated(job.job_id, None))
    assert service.objects() == set()


def test_a_job_taken_over_keeps_the_results_of_whoever_took_it(service: Service) -> None:
    job = service.upload(png())
    slow = DetectionService(service.jobs, service.images, service.detector, -1, PUBLIC_URL)
    passes: list[int] = []

    def take_over() -> None:
        passes.append(1)
        if len(passes) == 1:
            service.service.process(OriginalCreated(job.job_id, None))

    service.detector.during = take_over
    slow.process(OriginalCreated(job.job_id, None))
    assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED
    assert service.objects() == {keys.original(job.job_id), keys.result(job.job_id, Render.BOXES)}


def test_a_job_somebody_holds_goes_back_to_the_queue_alone(service: Service) -> None:
    held, free = service.upload(png()), service.upload(png())
    service.jobs.claim(held.job_id, LEASE)
    response = main.handler(sqs_event(*(json.dumps(s3_event(job.job_id)) for job in (held, free))), Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert service.jobs.get(free.job_id, "public").status is Status.COMPLETED
    with pytest.raises(JobClaimed):
        service.service.process(OriginalCreated(held.job_id, None))


def test_an_internal_error_returns_the_message_to_the_queue(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    job = service.upload(png())

    def crash(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(process, "analyse", crash)
    response = main.handler(sqs_event(json.dumps(s3_event(job.job_id))), Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert service.jobs.get(job.job_id, "public").status is Status.PROCESSING


def test_a_plain_s3_event_and_s3s_test_event(service: Service) -> None:
    job = service.upload(png())
    assert main.handler(s3_event(job.job_id), Context()) is None
    assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "o"}
    assert main.handler(test_event, Context()) is None
    assert main.handler(sqs_event(json.dumps(test_event)), Context()) == {"batchItemFailures": []}


def test_a_detection_without_a_job_is_no_job_done(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    job = service.upload(png())
    main.handler({"action": "detect", "image": base64.b64encode(png()).decode()}, Context())
    direct = capsys.readouterr().out
    main.handler(s3_event(job.job_id), Context())
    assert '"DirectFaces"' in direct
    assert '"Faces"' not in direct
    assert '"Faces"' in capsys.readouterr().out


def test_a_direct_request(service: Service) -> None:
    boto3.client("s3").put_object(Bucket=service.account.originals_bucket, Key="mine.png", Body=png())
    response = main.handler({"action": "detect", "key": "mine.png"}, Context())
    assert (response["image"]["width"], len(response["faces"]), response["failure"]) == (64, 1, None)
    missing = main.handler({"action": "detect", "key": "other.png"}, Context())
    assert missing["failure"]["reason"] == "original_missing"
    refused = main.handler({"action": "detect", "image": "aGVsbG8="}, Context())
    assert refused["failure"]["reason"] == "unsupported_format"


def uploaded(service: Service, job: Job, data: bytes) -> OriginalCreated:
    """Post the form of a job, as often as one likes, and return its event."""
    response = boto3.client("s3").put_object(
        Bucket=service.account.originals_bucket, Key=keys.original(job.job_id), Body=data
    )
    return OriginalCreated(job.job_id, response["ETag"].strip('"'))


def test_an_upload_after_the_job_has_ended_changes_nothing(service: Service) -> None:
    job = service.jobs.add(new_job())
    first = uploaded(service, job, png())
    service.service.process(first)
    done = service.jobs.get(job.job_id, "public")
    service.service.process(first)
    assert keys.original(job.job_id) in service.objects(), "the same event again is no other upload"
    service.service.process(uploaded(service, job, png() + b"another"))
    assert service.jobs.get(job.job_id, "public") == done
    assert service.objects() == {keys.result(job.job_id, Render.BOXES)}


def completed(service: Service, options: Options | None = None) -> str:
    job = service.upload(png(), options)
    service.service.process(OriginalCreated(job.job_id, None))
    return job.job_id


def test_one_more_result_is_drawn_on_demand(service: Service) -> None:
    job_id = completed(service)
    for render in (Render.BLUR, Render.PLAIN, Render.PREVIEW, Render.BLUR):
        reply = main.handler({"action": "render", "job_id": job_id, "render": render}, Context())
        assert reply == {"outcome": "stored"}
    assert set(service.jobs.get(job_id, "public").available) == {
        Render.BOXES,
        Render.BLUR,
        Render.PLAIN,
        Render.PREVIEW,
    }
    assert service.objects() == {keys.original(job_id)} | {
        keys.result(job_id, render) for render in (Render.BOXES, Render.BLUR, Render.PLAIN, Render.PREVIEW)
    }


def test_a_job_deleted_while_a_result_is_drawn_leaves_nothing(service: Service) -> None:
    job_id = completed(service)

    def delete() -> None:
        service.jobs.begin_deletion(job_id, "public")
        service.images.delete(job_id)
        service.jobs.remove(job_id)

    service.detector.during = delete
    assert service.service.render(job_id, Render.BLUR) is RenderOutcome.JOB_GONE
    assert service.objects() == set()


def test_nothing_is_drawn_of_an_image_that_is_not_the_jobs(service: Service) -> None:
    job = service.upload(png())
    service.service.process(uploaded(service, job, png()))
    uploaded(service, job, png() + b"another")
    assert service.service.render(job.job_id, Render.PLAIN) is RenderOutcome.ORIGINAL_GONE
    service.images.delete_original(job.job_id)
    assert service.service.render(job.job_id, Render.PLAIN) is RenderOutcome.ORIGINAL_GONE
    assert keys.result(job.job_id, Render.PLAIN) not in service.objects()


def test_nothing_is_drawn_for_a_job_that_is_not_completed(service: Service) -> None:
    pending = service.upload(png())
    for job_id in (pending.job_id, str(uuid4())):
        assert service.service.render(job_id, Render.BLUR) is RenderOutcome.JOB_GONE


def test_the_late_event_of_an_earlier_upload_leaves_the_image_of_the_job_alone(service: Service) -> None:
    job = service.jobs.add(new_job())
    first = uploaded(service, job, png())
    service.service.process(uploaded(service, job, png() + b"another"))
    service.service.process(first)
    assert keys.original(job.job_id) in service.objects()


def test_a_retry_goes_on_where_the_api_died_after_it_queued_it(service: Service) -> None:
    job = service.upload(png())
    service.jobs.fail_abandoned(job.job_id, Failure(reason=FailureReason.INTERNAL_ERROR, detail="It failed."))
    retry = service.jobs.next_retry(job.job_id, "public")
    event = json.loads(service.images.created_event(job.job_id, retry))
    for _ in range(2):
        assert main.handler(sqs_event(json.dumps(event)), Context()) == {"batchItemFailures": []}
        assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED
