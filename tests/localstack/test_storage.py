"""The stores, and the storage's events, on LocalStack."""

import json
import re
import socket
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from face_intake import main
from face_intake.intake import Intake
from facelib.domain import limits
from facelib.domain.errors import ObjectMissing
from facelib.domain.job import Job, Status
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.s3_events import originals_created
from facelib.stores import clients
from facelib.stores.objects.images import ImageStore
from facelib.stores.objects.inbox import Inbox
from facelib.stores.queues.event_bus import SOURCE, BusEvent, EventBus
from facelib.stores.queues.queue import Queue

from infra.local.deploy import expire
from tests.support.context import Context
from tests.support.job_store import JobStore
from tests.support.jobs import new_job
from tests.support.localstack import Storage, template_of_storage
from tests.support.stack import wait_until

pytestmark = [pytest.mark.xdist_group("localstack"), pytest.mark.timeout(600)]

DAY = timedelta(days=1)
JOBS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(5)]


@pytest.fixture
def images(storage: Storage) -> ImageStore:
    return ImageStore(storage.names["OriginalsBucket"], storage.names["ResultsBucket"])


@pytest.fixture
def jobs(storage: Storage) -> JobStore:
    return JobStore(storage.names["JobsTable"])


def test_every_storage_resource_is_created(storage: Storage) -> None:
    assert set(storage.names) == set(template_of_storage()["Resources"])
    assert len(storage.names) >= 27


def test_a_form_uploads_one_original_whose_event_reaches_the_detectors(storage: Storage, images: ImageStore) -> None:
    form = images.upload_form(JOBS[1], None)
    fields = {**form.fields, "Content-Type": "image/jpeg"}
    assert httpx.post(form.url, data=fields, files={"file": b"photo"}).status_code == 204
    [created] = originals_created(storage.event("DetectQueue"))
    assert created.job_id == JOBS[1]
    assert images.original(JOBS[1]).data == b"photo"
    assert images.original(JOBS[1]).etag == created.etag


@pytest.mark.parametrize(
    ("changed", "content"),
    [
        ({"key": "originals/other"}, b"photo"),
        ({"Content-Type": "text/html"}, b"photo"),
        ({}, b""),
    ],
)
def test_a_form_accepts_nothing_else(images: ImageStore, changed: dict[str, str], content: bytes) -> None:
    # LocalStack checks a form's conditions but not its signature, which the tests on ministack check.
    form = images.upload_form(JOBS[2], None)
    fields = {**form.fields, "Content-Type": "image/jpeg", **changed}
    assert httpx.post(form.url, data=fields, files={"file": content}).status_code in {400, 403}
    with pytest.raises(ObjectMissing):
        images.original(JOBS[2])


def test_a_presigned_url_is_valid_for_one_result_until_it_expires(images: ImageStore) -> None:
    """By default, LocalStack responds to expired and altered URLs with 200."""
    images.add_result(JOBS[3], Render.BOXES, b"result")
    url = images.result_url(JOBS[3], Render.BOXES, limits.RESULT_URL_SECONDS)
    response = httpx.get(url)
    assert (response.status_code, response.content) == (200, b"result")
    assert httpx.get(url.replace("X-Amz-Expires=300", "X-Amz-Expires=9999")).status_code == 403
    assert httpx.get(re.sub("Signature=[0-9a-f]{8}", "Signature=00000000", url)).status_code == 403
    short = images.result_url(JOBS[3], Render.BOXES, 1)
    wait_until(lambda: httpx.get(short).status_code == 403)


def test_an_original_is_stored_once_and_deleted_with_its_results(images: ImageStore) -> None:
    for data in (b"first", b"second"):
        images.add_original(JOBS[4], data, "image/jpeg")
    assert images.original(JOBS[4]).data == b"first"
    images.add_result(JOBS[4], Render.BLUR, b"result")
    images.delete(JOBS[4])
    with pytest.raises(ObjectMissing):
        images.original(JOBS[4])
    assert httpx.get(images.result_url(JOBS[4], Render.BLUR, 60)).status_code == 404


def test_a_dropped_file_becomes_a_job_and_leaves_the_inbox(
    storage: Storage, jobs: JobStore, images: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LocalStack answers a conditional delete with 501. If the service failed then, the file would never be deleted."""
    bucket, key = storage.names["OriginalsBucket"], "inbox/alice/2026/party ü+1.jpg"
    made = Intake(jobs.new, jobs.claims, Inbox(bucket), DAY)
    monkeypatch.setattr(main, "intake", lambda: made)
    while list(storage.messages("DetectQueue")):
        pass
    clients.s3().put_object(Bucket=bucket, Key=key, Body=b"photo", Metadata={"facecast-render": "blur"})
    body = json.dumps(storage.event("IntakeQueue"))
    message = {"messageId": "1", "eventSource": "aws:sqs", "receiptHandle": "r", "body": body}
    for _ in range(2):
        assert main.handler({"Records": [message]}, Context()) == {"batchItemFailures": []}

    [created] = originals_created(storage.event("DetectQueue"))
    assert images.original(created.job_id).data == b"photo"
    assert clients.s3().list_objects_v2(Bucket=bucket, Prefix="inbox/").get("Contents", []) == []
    job = jobs.get(created.job_id, "alice")
    assert (job.source, job.options.render, job.status) == (key, (Render.BLUR,), Status.PENDING)
    assert list(storage.messages("DetectQueue")) == []


def test_a_replacement_of_the_processed_file_is_kept(storage: Storage) -> None:
    bucket, key = storage.names["OriginalsBucket"], "inbox/bob/1.jpg"
    old = clients.s3().put_object(Bucket=bucket, Key=key, Body=b"old")["ETag"].strip('"')
    clients.s3().put_object(Bucket=bucket, Key=key, Body=b"new")
    Inbox(bucket).remove(key, old)
    assert clients.s3().get_object(Bucket=bucket, Key=key)["Body"].read() == b"new"


def test_messages_are_queued(storage: Storage) -> None:
    Queue(storage.names["DeliveryQueue"]).send_all(json.dumps({"number": number}) for number in range(12))
    received: set[int] = set()

    def all_received() -> bool:
        received.update(message["number"] for message in storage.messages("DeliveryQueue"))
        return len(received) == 12

    wait_until(all_received)


def test_events_on_the_bus_reach_a_rules_queue(storage: Storage) -> None:
    bus, queue = storage.names["EventBus"], storage.names["NotifyQueue"]
    events = clients.event_bridge()
    events.put_rule(Name="all", EventBusName=bus, EventPattern=json.dumps({"source": [SOURCE]}))
    attributes = clients.sqs().get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
    event = BusEvent(detail_type="job.completed", time=datetime.now(UTC), detail='{"job_id": "1"}')
    assert EventBus(bus).put([event]) == ()
    received: list[object] = []

    def is_received() -> bool:
        received.extend(each["detail"] for each in storage.messages("NotifyQueue"))
        return bool(received)

    wait_until(is_received)
    assert received == [{"job_id": "1"}]
    assert EventBus(bus).put([event.model_copy(update={"detail": "no JSON"})]), "the event is refused, as on AWS"


def test_a_job_is_stored_and_found(jobs: JobStore) -> None:
    job = jobs.add(Job.pending("carol", Options(), DAY), None)
    assert jobs.get(job.job_id, "carol") == job
    assert jobs.peek(new_job().job_id) is None


@pytest.mark.parametrize("bucket", ["OriginalsBucket", "ResultsBucket"])
def test_objects_expire(storage: Storage, bucket: str) -> None:
    """LocalStack's CloudFormation drops lifecycle rules, so a local deployment sets them through the API."""
    expire(clients.s3(), storage.names[bucket], 2)
    [rule] = clients.s3().get_bucket_lifecycle_configuration(Bucket=storage.names[bucket])["Rules"]
    assert (rule["Status"], rule["Expiration"]["Days"]) == ("Enabled", 2)
    template = template_of_storage()["Resources"][bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [each["Id"] for each in template] == [rule["ID"]]
    assert rule["AbortIncompleteMultipartUpload"] == template[0]["AbortIncompleteMultipartUpload"]


def test_it_listens_on_this_machine_only(storage: Storage) -> None:
    """LocalStack's default server ignores GATEWAY_LISTEN and listens on every address."""
    port = int(storage.url.rpartition(":")[2])
    with socket.socket() as probe:
        # On Linux, all of 127.0.0.0/8 is this machine, so a server on 0.0.0.0 would answer.
        assert probe.connect_ex(("127.0.0.2", port)) != 0
