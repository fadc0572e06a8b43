"""Which dropped files are accepted, and the options that their metadata sets."""

from collections.abc import Callable

import pytest
from facelib.domain import limits
from facelib.domain.job import FailureReason, Status
from facelib.domain.options import Options, Size

from tests.support.account import Cloud
from tests.support.inbox import KEY, jobs, objects, put


@pytest.mark.parametrize(
    ("key", "metadata", "expected"),
    [
        pytest.param(KEY, {"facecast-rendr": "blur"}, ("invalid_options", "facecast-rendr"), id="unknown option"),
        pytest.param(KEY, {"facecast-render": "paint"}, ("invalid_options", "facecast-render"), id="unknown render"),
        pytest.param(KEY, {"facecast-max-faces": "many"}, ("invalid_options", "facecast-max-faces"), id="not a number"),
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
def test_folders_and_files_without_an_owner_do_not_become_jobs(
    account: Cloud, deliver: Callable[..., list[str]], key: str
) -> None:
    assert deliver(put(account.originals_bucket, key)) == []

    assert jobs(account) == []
    assert list(objects(account)) == [key]


def test_metadata_changes_the_default_options(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    metadata = {"facecast-min-confidence": "0.5", "facecast-size": "original", "mtime": "1700000000"}
    deliver(put(account.originals_bucket, KEY, metadata))

    (job,) = jobs(account)
    assert job.options == Options(min_confidence=0.5, size=Size.ORIGINAL, faces_json=True)


def test_faces_json_can_be_turned_off(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    deliver(put(account.originals_bucket, KEY, {"facecast-faces-json": "false"}))

    (job,) = jobs(account)
    assert job.options == Options()


def test_the_failure_names_the_metadata_and_what_is_allowed(account: Cloud, deliver: Callable[..., list[str]]) -> None:
    deliver(put(account.originals_bucket, KEY, {"facecast-max-faces": "0", "facecast-colour": "red"}))

    (job,) = jobs(account)
    assert job.failure
    for part in ("facecast-max-faces: Input should be greater than", "facecast-colour: Extra inputs", "facecast-size"):
        assert part in job.failure.detail
