"""Erasing an owner deletes all of the owner's data and no other data, and can be resumed after an interruption."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facelib.domain import limits, object_keys
from facelib.domain.errors import ObjectsNotDeleted
from facelib.domain.job import Failure, FailureReason
from facelib.domain.renders import Render
from facelib.stores import clients
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.access.usage import UsageStore
from facelib.stores.jobs.idempotency import IdempotentRequest
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.objects.images import ImageStore

from infra.aws.erase import Access, Erasure
from infra.keys import new_key
from tests.support.account import Cloud
from tests.support.endpoint import Endpoint
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


@pytest.fixture
def stream() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def erasure(account: Cloud, stream: Endpoint) -> Erasure:
    return Erasure(
        "alice",
        account.jobs_table,
        account.originals_bucket,
        account.results_bucket,
        limits.INDEX_SHARDS,
        Access(
            KeyStore(account.keys_table),
            UsageStore(account.access_table),
            ConnectionStore(account.connections_table),
            ConnectionsApi(stream.url),
        ),
    )


def fill(account: Cloud, jobs: JobStore, owner: str) -> None:
    """Add a job in every status, with its objects, a file in the drop folder, a key that was used, and a listener."""
    key, _ = new_key(owner, "send,read", 10, 30)
    KeyStore(account.keys_table).add(key)
    UsageStore(account.access_table).count(key.principal)
    ConnectionStore(account.connections_table).add(Connection(f"of-{owner}", owner, None, key.key_id))
    pending, completed, failed, expired, deleting, deleted = (
        jobs.add(new_job(owner, age=timedelta(days=age)), IdempotentRequest(f"{number}", ""))
        for number, age in enumerate((0, 0, 0, 2, 0, 0))
    )
    jobs.complete(jobs.claim(completed.job_id, 30), outcome())
    jobs.fail(jobs.claim(failed.job_id, 30), FAILURE)
    for job in (deleting, deleted):
        jobs.begin_deletion(job.job_id, owner)
    jobs.remove(deleted.job_id)
    images = ImageStore(account.originals_bucket, account.results_bucket)
    for job in (pending, completed, failed, expired, deleting):
        images.add_original(job.job_id, b"photo", "image/jpeg")
        images.add_result(job.job_id, Render.BOXES, b"result")
    clients.s3().put_object(Bucket=account.originals_bucket, Key=f"{object_keys.inbox(owner)}photo.jpg", Body=b"photo")


def everything(account: Cloud) -> list[object]:
    tables = (account.jobs_table, account.keys_table, account.access_table, account.connections_table)
    items = [item for table in tables for item in clients.dynamodb().scan(TableName=table)["Items"]]
    pages = [clients.s3().list_objects_v2(Bucket=b) for b in (account.originals_bucket, account.results_bucket)]
    objects = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    return [*sorted(items, key=str), *objects]


def test_all_data_of_one_owner_is_deleted_and_none_of_another(
    account: Cloud, jobs: JobStore, erasure: Erasure, stream: Endpoint
) -> None:
    fill(account, jobs, "bob")
    before = everything(account)
    fill(account, jobs, "alice")

    reported: list[int] = []
    assert erasure.run(reported.append) == 6

    assert everything(account) == before
    assert list(stream.tries) == ["of-alice"]
    assert reported[-1] == 6
    assert str(erasure.left()) == "0 jobs, 0 files in the drop folder, 0 keys, 0 connections, 0 counters"
    assert erasure.run(reported.append) == 0


@pytest.mark.usefixtures("waits")
def test_remaining_data_is_counted(account: Cloud, jobs: JobStore, erasure: Erasure) -> None:
    fill(account, jobs, "alice")
    assert str(erasure.left()) == "5 jobs, 1 file in the drop folder, 1 key, 1 connection, 1 counter"


@pytest.mark.usefixtures("waits")
def test_a_job_whose_objects_reappear_keeps_its_record_for_another_run(
    account: Cloud, jobs: JobStore, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(account, jobs, "alice")
    delete = ImageStore.delete

    def delete_too_early(images: ImageStore, job_id: str) -> None:
        delete(images, job_id)
        images.add_result(job_id, Render.BOXES, b"of a detector at work")

    with monkeypatch.context() as patched:
        patched.setattr(ImageStore, "delete", delete_too_early)
        erasure.run(lambda _: None)
    assert erasure.count() > 0

    erasure.run(lambda _: None)
    assert everything(account) == []


def test_an_object_that_s3_does_not_delete_stops_an_erasure(
    account: Cloud, jobs: JobStore, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(account, jobs, "alice")
    refused = {"Errors": [{"Key": "results/1/boxes.jpg", "Code": "AccessDenied", "Message": "Access Denied"}]}
    delete = clients.s3().delete_objects

    def refuse_results(**request: Any) -> Any:
        return refused if request["Bucket"] == account.results_bucket else delete(**request)

    with monkeypatch.context() as patched:
        patched.setattr(clients.s3(), "delete_objects", refuse_results)
        with pytest.raises(ObjectsNotDeleted, match="Access Denied"):
            erasure.run(lambda _: None)
    assert erasure.count() > 0


def test_counters_of_every_day_are_deleted(account: Cloud, erasure: Erasure) -> None:
    for owner in ("alice", "al"):
        for days in (0, 40):
            day = datetime.now(UTC).date() - timedelta(days=days)
            counter = {"record_id": {"S": f"usage#{owner}#{day}"}, "images": {"N": "1"}}
            clients.dynamodb().put_item(TableName=account.access_table, Item=counter)
    erasure.run(lambda _: None)
    assert [str(item).count("usage#al#") for item in everything(account)] == [1, 1]


def test_an_interrupted_erasure_resumes(
    account: Cloud, jobs: JobStore, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(account, jobs, "alice")
    delete = ImageStore.delete
    calls: list[str] = []

    def break_off(images: ImageStore, job_id: str) -> None:
        calls.append(job_id)
        if len(calls) > 2:
            raise ConnectionError
        delete(images, job_id)

    with monkeypatch.context() as patched:
        patched.setattr(ImageStore, "delete", break_off)
        with pytest.raises(ConnectionError):
            erasure.run(lambda _: None)
    assert erasure.count() > 0

    erasure.run(lambda _: None)
    assert everything(account) == []
