"""A dropped object becomes exactly one job, despite duplicate, late or interleaved events."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from facelib.domain import object_keys
from facelib.domain.errors import ObjectMissing
from facelib.domain.job import FailureReason, Status
from facelib.domain.renders import Render
from facelib.stores import clients
from facelib.stores.objects.inbox import Inbox

from tests.support.account import Cloud
from tests.support.inbox import KEY, event_of, jobs, objects, put


def test_a_dropped_photo_becomes_a_job_and_is_moved(account: Cloud, deliver: Callable[..., list[str]]) -> None:
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


def test_the_same_file_uploaded_again_becomes_another_job(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    for _ in range(2):
        deliver(put(account.originals_bucket, KEY))

    assert len(jobs(account)) == 2


class Dies(Exception):
    """Raised to end the function early, as if its process were killed."""


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


def test_a_replaced_file_is_skipped_and_the_new_one_is_kept(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    old, new = put(account.originals_bucket, KEY, data=b"old"), put(account.originals_bucket, KEY, data=b"new")

    deliver(old)
    assert objects(account) == {KEY: b"new"}
    deliver(new)

    (job,) = jobs(account)
    assert objects(account) == {object_keys.original(job.job_id): b"new"}


@pytest.fixture
def no_conditional_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make S3 refuse `IfMatch` on deletes, as LocalStack does."""
    delete = clients.s3().delete_object

    def refuse(**parameters: Any) -> object:
        if "IfMatch" in parameters:
            raise ClientError({"Error": {"Code": "NotImplemented"}}, "DeleteObject")
        return delete(**parameters)

    monkeypatch.setattr(clients.s3(), "delete_object", refuse)


@pytest.mark.usefixtures("no_conditional_deletes")
def test_a_file_leaves_the_inbox_even_without_conditional_deletes(
    account: Cloud, deliver: Callable[..., list[str]]
) -> None:
    assert deliver(put(account.originals_bucket, KEY)) == []

    (job,) = jobs(account)
    assert objects(account) == {object_keys.original(job.job_id): b"photo"}


@pytest.mark.usefixtures("no_conditional_deletes")
def test_a_replacement_is_kept_even_without_conditional_deletes(account: Cloud) -> None:
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


def test_a_delivery_that_was_overtaken_by_its_duplicate_has_no_effect(
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


def test_each_message_is_handled_independently(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent"}
    gone = event_of("inbox/alice/gone.jpg", "0" * 32, 5)

    assert deliver(test_event, gone, {"Records": [{}]}, put(account.originals_bucket, KEY)) == ["2"]

    assert [job.source for job in jobs(account)] == [KEY]
