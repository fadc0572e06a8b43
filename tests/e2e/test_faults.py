"""Every failure becomes visible to the operator, and nothing is lost."""

import json

import pytest

from tests.support.photos import one_face
from tests.support.stack import Stack
from tests.support.workers import kill_workers

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_nothing_is_lost_if_a_detector_is_killed_during_a_job(stack: Stack) -> None:
    with stack.listener() as listener:
        listener.wait_for_job(stack.post_image(one_face(256)))  # This starts a detector.
        job_id = stack.upload(one_face(7_000))
        stack.wait_until(lambda: stack.job(job_id)["status"] != "pending", pause=0.01)
        assert kill_workers(stack, "DetectorFunction")
        assert stack.job(job_id)["status"] == "processing", "the detector was killed during the job"
        event = listener.wait_for_job(job_id)
        listener.ping()
        assert len(listener.of_job(job_id)) == 1
    assert (event["type"], event["face_count"]) == ("job.completed", 1)
    assert stack.job(job_id)["status"] == "completed"


def test_an_abandoned_job_fails_with_an_event_and_can_be_retried(stack: Stack) -> None:
    queue = stack.resource("DetectDeadLetterQueue")
    with stack.listener() as listener:
        granted = stack.http.post("/uploads", json={}).json()
        job_id = granted["job_id"]
        message = json.dumps(stack.original_created(job_id))
        stack.aws.client("sqs").send_message(QueueUrl=queue, MessageBody=message)
        event = listener.wait_for_job(job_id)
        assert (event["type"], event["failure"]["reason"]) == ("job.failed", "internal_error")
        # If the original arrives late, the job keeps its outcome.
        assert stack.post_form(granted["upload"], one_face(512)).status_code == 204
        retried = stack.http.post(f"/jobs/{job_id}/retry")
        assert (retried.status_code, retried.json()["status"]) == (202, "pending")
        event = listener.wait_for(lambda one: one.get("job_id") == job_id and one["type"] == "job.completed")
        assert [one["type"] for one in listener.of_job(job_id)] == ["job.failed", "job.completed"]
    assert event["face_count"] == 1
    again = stack.http.post(f"/jobs/{job_id}/retry")
    assert again.status_code == 409
    assert "only a failed job can be retried" in again.json()["detail"]


def test_an_original_without_a_job_is_removed(stack: Stack) -> None:
    granted = stack.http.post("/uploads", json={}).json()
    job_id = granted["job_id"]
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    assert stack.post_form(granted["upload"], one_face(512)).status_code == 204
    stack.wait_until(lambda: stack.objects_of(job_id) == [])
    assert stack.http.get(f"/jobs/{job_id}").status_code == 404


def test_events_that_are_not_about_a_job_are_ignored(stack: Stack) -> None:
    """S3's test event, and an object without a job."""
    client, function = stack.aws.client("lambda"), stack.resource("DetectorFunction")
    stranger = {"eventSource": "aws:s3", "s3": {"bucket": {"name": "b"}, "object": {"key": "originals/notes.txt"}}}
    for event in ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, {"Records": [stranger]}):
        response = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        assert "FunctionError" not in response
        assert response["Payload"].read() == b"null"


@pytest.mark.parametrize("side", [5_000, 512])
def test_a_deletion_during_processing_removes_everything(stack: Stack, side: int) -> None:
    job_id = stack.upload(one_face(side))
    stack.wait_until(lambda: stack.job(job_id)["status"] != "pending", pause=0.01)
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    with stack.listener() as listener:
        # Two detectors run in parallel, so once two later jobs are done, the deleted job's detector has also finished.
        for later in [stack.post_image(one_face(2_000)) for _ in range(3)]:
            listener.wait_for_job(later)
    stack.wait_until(lambda: stack.objects_of(job_id) == [])
    key = {"job_id": {"S": job_id}}
    left = stack.aws.client("dynamodb").get_item(TableName=stack.outputs["JobsTableName"], Key=key)["Item"]
    assert set(left) == {"job_id", "owner", "owner_shard", "event_id", "status", "ttl"}, "only a tombstone is left"
    assert stack.http.get(f"/jobs/{job_id}").status_code == 404
