import json
from typing import Any

import pytest
from face_deadletter import main
from facelib.domain import object_keys
from facelib.domain.job import Status
from facelib.domain.renders import Render
from facelib.stores import clients
from facelib.stores.objects.images import ImageStore

from tests.support.account import Cloud
from tests.support.context import Context
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome


def message(number: int, body: object) -> dict[str, Any]:
    return {"messageId": str(number), "eventSource": "aws:sqs", "receiptHandle": "r", "body": json.dumps(body)}


def about(job_id: str) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": object_keys.original(job_id)}}}]}


def test_each_message_is_handled_independently(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = JobStore(account.jobs_table)
    monkeypatch.setattr(main, "claims", lambda: jobs.claims)
    waiting, busy, done = (jobs.add(new_job()) for _ in range(3))
    jobs.claim(busy.job_id, 30)
    jobs.complete(jobs.claim(done.job_id, 30), outcome())
    bodies = [about(waiting.job_id), about(busy.job_id), about(done.job_id), {"Event": "s3:TestEvent"}, about("x")]
    response = main.handler({"Records": [message(n, body) for n, body in enumerate(bodies)]}, Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert jobs.get(waiting.job_id, "public").failure == main.RETRIES_EXHAUSTED
    assert jobs.get(busy.job_id, "public").status is Status.PROCESSING
    assert jobs.get(done.job_id, "public").status is Status.COMPLETED


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[" * 100_000, '{"Records": 1}', '{"Records": [{}]}', '{"Records": [{"s3": []}]}'],
    ids=["empty", "cut", "null", "nested", "number", "no object", "not a map"],
)
def test_a_message_that_cannot_be_read_is_dropped_and_logged(body: str, caplog: pytest.LogCaptureFixture) -> None:
    """If it stayed in the queue, it would be redelivered for two weeks, and the alarm would fire."""
    response = main.handler({"Records": [message(7, None) | {"body": body}]}, Context())
    assert response == {"batchItemFailures": []}
    assert "Dropped a message" in caplog.text


def test_leftover_objects_of_a_deleted_job_are_removed(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector crashed during the last delivery, after storing a result and before noticing the deletion."""
    jobs, images = JobStore(account.jobs_table), ImageStore(account.originals_bucket, account.results_bucket)
    monkeypatch.setattr(main, "claims", lambda: jobs.claims)
    monkeypatch.setattr(main, "images", lambda: images)
    job = jobs.add(new_job())
    jobs.begin_deletion(job.job_id, "public")
    jobs.remove(job.job_id)
    images.add_original(job.job_id, b"late", "image/jpeg")
    images.add_result(job.job_id, Render.BOXES, b"late")
    response = main.handler({"Records": [message(0, about(job.job_id))]}, Context())
    assert response == {"batchItemFailures": []}
    for bucket in (account.originals_bucket, account.results_bucket):
        assert clients.s3().list_objects_v2(Bucket=bucket)["KeyCount"] == 0
