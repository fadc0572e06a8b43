"""An original is processed exactly once. The detector in these tests is a fake."""

import json

import pytest
from face_detector import main
from face_detector.service import DetectionService
from facelib.domain import object_keys
from facelib.domain.job import Failure, FailureReason, Status
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.job_view import JobView
from facelib.messages.s3_events import OriginalCreated
from facelib.stores import clients

from tests.support.context import Context
from tests.support.detection_service import PUBLIC_URL, Service, png, s3_event, sqs_event, uploaded
from tests.support.jobs import DETECTOR, new_job


def test_a_job_is_processed_and_its_results_are_stored(service: Service) -> None:
    job = service.upload(png(), Options(render=(Render.BOXES, Render.BLUR)))
    service.service.processing.process(OriginalCreated(job.job_id, None))
    done = service.jobs.get(job.job_id, "public")
    assert (done.status, done.face_count, done.detector) == (Status.COMPLETED, 1, DETECTOR)
    expected = {object_keys.original(job.job_id)} | {
        object_keys.result(job.job_id, one) for one in (Render.BOXES, Render.BLUR)
    }
    assert service.objects() == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", FailureReason.EMPTY_FILE, id="empty"),
        pytest.param(b"hello", FailureReason.UNSUPPORTED_FORMAT, id="text"),
        pytest.param(png()[:60], FailureReason.CORRUPT_IMAGE, id="truncated"),
    ],
)
def test_bad_bytes_fail_the_job_and_are_not_retried(service: Service, data: bytes, reason: FailureReason) -> None:
    job = service.upload(data)
    assert main.handler(sqs_event(json.dumps(s3_event(job.job_id))), Context()) == {"batchItemFailures": []}
    failure = service.jobs.get(job.job_id, "public").failure
    assert failure is not None
    assert failure.reason is reason


def test_a_missing_original_fails_the_job(service: Service) -> None:
    job = service.jobs.add(new_job())
    service.service.processing.process(OriginalCreated(job.job_id, None))
    failure = service.jobs.get(job.job_id, "public").failure
    assert failure is not None
    assert failure.reason is FailureReason.ORIGINAL_MISSING


def test_an_original_whose_job_no_longer_exists_is_removed(service: Service) -> None:
    job = service.upload(png())
    service.jobs.begin_deletion(job.job_id, "public")
    service.service.processing.process(OriginalCreated(job.job_id, None))
    assert service.objects() == set()


def test_the_public_view_of_a_job_is_stored_on_request(service: Service) -> None:
    job = service.upload(png(), Options(faces_json=True))
    service.service.processing.process(OriginalCreated(job.job_id, None))
    s3_object = clients.s3().get_object(Bucket=service.account.results_bucket, Key=object_keys.faces_json(job.job_id))
    assert s3_object["ContentType"] == "application/json"
    shown = JobView.of(service.jobs.get(job.job_id, "public"), PUBLIC_URL)
    assert json.loads(s3_object["Body"].read()) == shown.model_dump(mode="json")
    assert (shown.status, shown.face_count) == (Status.COMPLETED, 1)
    service.images.delete(job.job_id)
    assert service.objects() == set()


def test_a_job_deleted_while_it_is_processed_leaves_nothing(service: Service) -> None:
    job = service.upload(png(), Options(faces_json=True))
    service.detector.during = lambda: service.jobs.begin_deletion(job.job_id, "public")
    service.service.processing.process(OriginalCreated(job.job_id, None))
    assert service.objects() == set()


def test_a_job_that_was_taken_over_keeps_the_results_of_the_new_detector(service: Service) -> None:
    job = service.upload(png())
    slow = DetectionService.of(service.jobs.table, service.images, service.detector, -1, PUBLIC_URL)
    passes: list[int] = []

    def take_over() -> None:
        passes.append(1)
        if len(passes) == 1:
            service.service.processing.process(OriginalCreated(job.job_id, None))

    service.detector.during = take_over
    slow.processing.process(OriginalCreated(job.job_id, None))
    assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED
    assert service.objects() == {object_keys.original(job.job_id), object_keys.result(job.job_id, Render.BOXES)}


def test_a_detector_paused_beyond_its_lease_does_not_overwrite_the_result_of_a_later_upload(service: Service) -> None:
    """The form was posted twice, and the job's record shows which of the two images its result is for."""
    job = service.upload(png())
    halted = DetectionService.of(service.jobs.table, service.images, service.detector, -1, PUBLIC_URL)
    shown: list[bytes] = []

    def result() -> bytes:
        key = object_keys.result(job.job_id, Render.BOXES)
        return clients.s3().get_object(Bucket=service.account.results_bucket, Key=key)["Body"].read()

    def overtake() -> None:
        service.detector.during = lambda: None
        service.service.processing.process(uploaded(service, job, png("crimson")))
        shown.append(result())

    service.detector.during = overtake
    halted.processing.process(OriginalCreated(job.job_id, None))
    assert [result()] == shown


def test_a_paused_detector_finishes_a_job_that_was_not_taken_over(service: Service) -> None:
    job = service.upload(png())
    halted = DetectionService.of(service.jobs.table, service.images, service.detector, -1, PUBLIC_URL)
    halted.processing.process(OriginalCreated(job.job_id, None))
    assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED


def test_an_upload_after_the_job_has_ended_changes_nothing(service: Service) -> None:
    job = service.jobs.add(new_job())
    first = uploaded(service, job, png())
    service.service.processing.process(first)
    done = service.jobs.get(job.job_id, "public")
    service.service.processing.process(first)
    assert object_keys.original(job.job_id) in service.objects(), "a duplicate event is not another upload"
    service.service.processing.process(uploaded(service, job, png() + b"another"))
    assert service.jobs.get(job.job_id, "public") == done
    assert service.objects() == {object_keys.result(job.job_id, Render.BOXES)}


def test_the_late_event_of_an_earlier_upload_does_not_affect_the_image_of_the_job(service: Service) -> None:
    job = service.jobs.add(new_job())
    first = uploaded(service, job, png())
    service.service.processing.process(uploaded(service, job, png() + b"another"))
    service.service.processing.process(first)
    assert object_keys.original(job.job_id) in service.objects()


def test_a_retry_continues_if_the_api_crashed_after_queueing_it(service: Service) -> None:
    job = service.upload(png())
    service.jobs.fail_abandoned(job.job_id, Failure(reason=FailureReason.INTERNAL_ERROR, detail="It failed."))
    retry = service.jobs.next_retry(job.job_id, "public")
    event = json.loads(service.images.created_event(job.job_id, retry))
    for _ in range(2):
        assert main.handler(sqs_event(json.dumps(event)), Context()) == {"batchItemFailures": []}
        assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED
