"""From a dropped object to a job, exactly once, despite duplicate, late or interleaved events."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from face_intake import main
from face_intake.intake import Intake
from facelib.domain import limits, object_keys
from facelib.domain.errors import ObjectMissing
from facelib.domain.job import FailureReason, Job, Status
from facelib.domain.options import Options, Size
from facelib.domain.renders import Render
from facelib.stores import clients
from facelib.stores.jobs.items import from_item
from facelib.stores.objects.inbox import Inbox

from tests.support.account import Cloud
from tests.support.context import Context
from tests.support.inbox import event_of, put, queue_event
from tests.support.job_store import JobStore

KEY = "inbox/alice/2026/party ü+1.jpg"


@pytest.fixture
def deliver(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give events to the handler; returns the messages that stay in the queue."""
    jobs = JobStore(account.jobs_table)
    made = Intake(jobs.new, jobs.claims, Inbox(account.originals_bucket), timedelta(days=1))
    monkeypatch.setattr(main, "intake", lambda: made)

    def handle(*events: object) -> list[str]:
        response = main.handler(queue_event(*events), Context())
        return [failure["itemIdentifier"] for failure in response["batchItemFailures"] if failure["itemIdentifier"]]

    return handle


def jobs(account: Cloud) -> list[Job]:
    items = clients.dynamodb().scan(TableName=account.jobs_table)["Items"]
    return [from_item(item) for item in items if "status" in item]


def objects(account: Cloud) -> dict[str, bytes]:
    s3 = clients.s3()
    contents = s3.list_objects_v2(Bucket=account.originals_bucket).get("Contents", [])
    return {
        one["Key"]: s3.get_object(Bucket=account.originals_bucket, Key=one["Key"])["Body"].read() for one in contents
    }


def test_a_dropped_photo_is_a_job_and_moved_on(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    assert (
        deliver(
            put(
                account.originals_bucket,
                KEY,
                {"facecast-render": "blur,solid", "facecast-max-faces": "3", "facecast-blur-strength": "5"},
            )
        )
        == []
    )

    (job,) = jobs(account)
    assert (job.owner, job.status, job.source) == ("alice", Status.PENDING, KEY)
    assert (job.options.render, job.options.max_faces) == ((Render.BLUR, Render.SOLID), 3)
    assert job.options.blur_strength == 5
    assert objects(account) == {object_keys.original(job.job_id): b"photo"}


def test_a_duplicate_event_changes_nothing(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    event = put(account.originals_bucket, KEY)

    assert deliver(event, event) == deliver(event) == []

    assert len(jobs(account)) == 1


def test_the_same_file_put_again_is_another_job(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    for _ in range(2):
        deliver(put(account.originals_bucket, KEY))

    assert len(jobs(account)) == 2


class Dies(Exception):
    """The function ends in the middle, as when its process is killed."""


@pytest.mark.parametrize("at", ["copy_to_original", "remove"])
def test_a_function_that_crashed_midway_resumes_where_it_stopped(
    account: Cloud, deliver: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    event = put(account.originals_bucket, KEY)
    with monkeypatch.context() as dying:
        dying.setattr(Inbox, at, lambda *_: (_ for _ in ()).throw(Dies))
        assert deliver(event) == ["0"]

    assert deliver(event) == []

    (job,) = jobs(account)
    assert job.status is Status.PENDING
    assert objects(account) == {object_keys.original(job.job_id): b"photo"}


def test_a_file_that_was_replaced_before_its_turn_leaves_the_new_one(
    account: Cloud, deliver: Callable[..., list[str]]
) -> None:
    old, new = put(account.originals_bucket, KEY, data=b"old"), put(account.originals_bucket, KEY, data=b"new")

    deliver(old)
    assert objects(account) == {KEY: b"new"}
    deliver(new)

    (job,) = jobs(account)
    assert objects(account) == {object_keys.original(job.job_id): b"new"}


@pytest.fixture
def no_conditional_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have S3 refuse `IfMatch` on deletes, as LocalStack does."""
    delete = clients.s3().delete_object

    def refuse(**parameters: Any) -> object:
        if "IfMatch" in parameters:
            raise ClientError({"Error": {"Code": "NotImplemented"}}, "DeleteObject")
        return delete(**parameters)

    monkeypatch.setattr(clients.s3(), "delete_object", refuse)


@pytest.mark.usefixtures("no_conditional_deletes")
def test_a_file_leaves_the_inbox_where_deletes_cannot_be_conditional(
    account: Cloud, deliver: Callable[..., list[str]]
) -> None:
    assert deliver(put(account.originals_bucket, KEY)) == []

    (job,) = jobs(account)
    assert objects(account) == {object_keys.original(job.job_id): b"photo"}


@pytest.mark.usefixtures("no_conditional_deletes")
def test_a_replacement_stays_where_deletes_cannot_be_conditional(account: Cloud) -> None:
    old = put(account.originals_bucket, KEY, data=b"old")["Records"][0]["s3"]["object"]["eTag"]
    put(account.originals_bucket, KEY, data=b"new")

    Inbox(account.originals_bucket).remove(KEY, old)

    assert objects(account) == {KEY: b"new"}


def test_a_file_that_disappears_while_it_is_processed_fails_its_job(
    account: Cloud, deliver: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = put(account.originals_bucket, KEY, data=b"old")
    read = Inbox.metadata

    def then_go(self: Inbox, key: str, etag: str) -> Any:
        metadata = read(self, key, etag)
        clients.s3().delete_object(Bucket=account.originals_bucket, Key=KEY)
        return metadata

    monkeypatch.setattr(Inbox, "metadata", then_go)
    assert deliver(event) == []

    (job,) = jobs(account)
    assert job.failure
    assert job.failure.reason is FailureReason.ORIGINAL_MISSING
    assert objects(account) == {}


def test_a_delivery_that_was_overtaken_by_its_double_fails_nothing(
    account: Cloud, deliver: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = put(account.originals_bucket, KEY)
    copy = Inbox.copy_to_original

    def overtaken(self: Inbox, key: str, etag: str, job_id: str) -> None:
        copy(self, key, etag, job_id)
        self.remove(key, etag)
        raise ObjectMissing

    monkeypatch.setattr(Inbox, "copy_to_original", overtaken)
    assert deliver(event) == []

    (job,) = jobs(account)
    assert job.status is Status.PENDING


@pytest.mark.parametrize(
    ("key", "metadata", "expected"),
    [
        pytest.param(KEY, {"facecast-rendr": "blur"}, ("invalid_options", "facecast-rendr"), id="no option"),
        pytest.param(KEY, {"facecast-render": "paint"}, ("invalid_options", "facecast-render"), id="no render"),
        pytest.param(KEY, {"facecast-max-faces": "many"}, ("invalid_options", "facecast-max-faces"), id="no number"),
        pytest.param("inbox/alice/a\x1b[2Jb.jpg", {}, ("invalid_name", "control characters"), id="control characters"),
        pytest.param("inbox/alice/../bob/a.jpg", {}, ("invalid_name", "`..`"), id="path"),
    ],
)
def test_an_invalid_file_fails_once_and_is_kept(
    account: Cloud,
    deliver: Callable[..., list[str]],
    key: str,
    metadata: dict[str, str],
    expected: tuple[str, str],
) -> None:
    event = put(account.originals_bucket, key, metadata)

    assert deliver(event, event) == []

    (job,) = jobs(account)
    assert (job.owner, job.status) == ("alice", Status.FAILED)
    assert job.failure
    reason, words = expected
    assert job.failure.reason == reason
    assert words in job.failure.detail
    assert objects(account) == {key: b"photo"}


def test_a_file_that_is_too_large_is_not_moved(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    event = put(account.originals_bucket, KEY)
    event["Records"][0]["s3"]["object"]["size"] = limits.PRESIGNED_UPLOAD_BYTES + 1

    assert deliver(event) == []

    (job,) = jobs(account)
    assert job.failure
    assert (job.failure.reason, "26,214,401" in job.failure.detail) == (FailureReason.TOO_LARGE, True)


@pytest.mark.parametrize(
    "key",
    ["inbox/a.jpg", "inbox//a.jpg", "inbox/Alice/a.jpg", "inbox/../a.jpg", "inbox/a b/c.jpg", "inbox/alice/folder/"],
)
def test_files_without_an_owner_and_folders_do_not_become_jobs(
    account: Cloud, deliver: Callable[..., list[str]], key: str
) -> None:
    assert deliver(put(account.originals_bucket, key)) == []

    assert jobs(account) == []
    assert list(objects(account)) == [key]


def test_each_message_is_handled_independently(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent"}
    gone = event_of("inbox/alice/gone.jpg", "0" * 32, 5)

    assert deliver(test_event, gone, {"Records": [{}]}, put(account.originals_bucket, KEY)) == ["2"]

    assert [job.source for job in jobs(account)] == [KEY]


def test_options_other_than_the_defaults(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    metadata = {"facecast-min-confidence": "0.5", "facecast-size": "original", "mtime": "1700000000"}
    deliver(put(account.originals_bucket, KEY, metadata))

    (job,) = jobs(account)
    assert job.options == Options(min_confidence=0.5, size=Size.ORIGINAL, faces_json=True)


def test_a_file_can_do_without_faces_json(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    deliver(put(account.originals_bucket, KEY, {"facecast-faces-json": "false"}))

    (job,) = jobs(account)
    assert job.options == Options()


def test_the_failure_names_the_metadata_and_what_is_allowed(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    deliver(put(account.originals_bucket, KEY, {"facecast-max-faces": "0", "facecast-colour": "red"}))

    (job,) = jobs(account)
    assert job.failure
    for part in ("facecast-max-faces: Input should be greater than", "facecast-colour: Extra inputs", "facecast-size"):
        assert part in job.failure.detail
