"""Originals are written once, even if S3 requests another attempt."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from facelib.domain.errors import StoreContended
from facelib.stores import clients
from facelib.stores.objects.images import ImageStore

from tests.support.account import Cloud
from tests.support.jobs import new_job


@pytest.fixture
def images(account: Cloud) -> ImageStore:
    return ImageStore(account.originals_bucket, account.results_bucket)


def refuse(monkeypatch: pytest.MonkeyPatch, *codes: str) -> list[str]:
    """Make S3 refuse one write with each of these errors; return a list that records the outcome of every write."""
    put, left, seen = clients.s3().put_object, iter(codes), list[str]()

    def script(**request: Any) -> Any:
        code = next(left, None)
        seen.append(code or "stored")
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject")
        return put(**request)

    monkeypatch.setattr(clients.s3(), "put_object", script)
    return seen


def test_a_conflict_is_retried(images: ImageStore, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = new_job().job_id
    seen = refuse(monkeypatch, "ConditionalRequestConflict", "ConditionalRequestConflict")

    images.add_original(job_id, b"photo", "image/jpeg")

    assert seen == ["ConditionalRequestConflict", "ConditionalRequestConflict", "stored"]
    assert len(waits) == 2
    assert images.original(job_id).data == b"photo"


def test_a_conflict_with_a_successful_write_has_no_effect(
    images: ImageStore, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = new_job().job_id
    images.add_original(job_id, b"photo", "image/jpeg")
    refuse(monkeypatch, "ConditionalRequestConflict")

    images.add_original(job_id, b"photo", "image/jpeg")

    assert images.original(job_id).data == b"photo"


def test_endless_conflicts_raise_an_error_with_retry_after(
    images: ImageStore, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = refuse(monkeypatch, *["ConditionalRequestConflict"] * 9)

    with pytest.raises(StoreContended) as raised:
        images.add_original(new_job().job_id, b"photo", "image/jpeg")

    assert raised.value.retry_after
    assert len(seen) == 5


def test_any_other_error_is_raised_immediately(
    images: ImageStore, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = refuse(monkeypatch, "AccessDenied")

    with pytest.raises(ClientError, match="AccessDenied"):
        images.add_original(new_job().job_id, b"photo", "image/jpeg")

    assert (seen, waits) == (["AccessDenied"], [])
