"""The detector's handler: messages from the queue, plain events and direct requests."""

import base64
import json

import pytest
from face_detector import main, process
from facelib.domain.errors import JobClaimed
from facelib.domain.job import Status
from facelib.messages.s3_events import OriginalCreated
from facelib.stores import clients

from tests.support.context import Context
from tests.support.detection_service import LEASE, Service, png, s3_event, sqs_event


def test_only_a_job_that_another_detector_holds_returns_to_the_queue(service: Service) -> None:
    held, free = service.upload(png()), service.upload(png())
    service.jobs.claim(held.job_id, LEASE)
    response = main.handler(sqs_event(*(json.dumps(s3_event(job.job_id)) for job in (held, free))), Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert service.jobs.get(free.job_id, "public").status is Status.COMPLETED
    with pytest.raises(JobClaimed):
        service.service.processing.process(OriginalCreated(held.job_id, None))


def test_an_internal_error_returns_the_message_to_the_queue(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    job = service.upload(png())

    def crash(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(process, "analyse", crash)
    response = main.handler(sqs_event(json.dumps(s3_event(job.job_id))), Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert service.jobs.get(job.job_id, "public").status is Status.PROCESSING


def test_a_plain_s3_event_is_processed_and_s3s_test_event_is_ignored(service: Service) -> None:
    job = service.upload(png())
    assert main.handler(s3_event(job.job_id), Context()) is None
    assert service.jobs.get(job.job_id, "public").status is Status.COMPLETED
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "o"}
    assert main.handler(test_event, Context()) is None
    assert main.handler(sqs_event(json.dumps(test_event)), Context()) == {"batchItemFailures": []}


def test_a_detection_without_a_job_does_not_count_as_a_job(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    job = service.upload(png())
    main.handler({"action": "detect", "image": base64.b64encode(png()).decode()}, Context())
    direct = capsys.readouterr().out
    main.handler(s3_event(job.job_id), Context())
    assert '"DirectFaces"' in direct
    assert '"Faces"' not in direct
    assert '"Faces"' in capsys.readouterr().out


def test_a_direct_request_returns_faces_or_a_failure(service: Service) -> None:
    clients.s3().put_object(Bucket=service.account.originals_bucket, Key="mine.png", Body=png())
    response = main.handler({"action": "detect", "key": "mine.png"}, Context())
    assert (response["image"]["width"], len(response["faces"]), response["failure"]) == (64, 1, None)
    missing = main.handler({"action": "detect", "key": "other.png"}, Context())
    assert missing["failure"]["reason"] == "original_missing"
    refused = main.handler({"action": "detect", "image": "aGVsbG8="}, Context())
    assert refused["failure"]["reason"] == "unsupported_format"
