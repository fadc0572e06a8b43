"""Idempotency records in the jobs table. Each maps an idempotency key to a job, and is removed with the job.

A record has no owner, status or event id, so it is not in an index, and listeners do not receive it.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.exceptions import ClientError
from pydantic import AwareDatetime

from facelib.domain.errors import JobNotFound, KeyReused
from facelib.domain.frozen import Frozen
from facelib.domain.job import Job
from facelib.stores.attributes import Item, Items, number, time_text, utc_now
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.conditional import ConditionFailed, condition_arguments
from facelib.stores.jobs.table import IS_NEW, JobTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_PREFIX: Final = "idempotency#"


@dataclass(frozen=True)
class IdempotentRequest:
    """A key, and the SHA-256 of what was sent with it, to detect a key that is reused for another request."""

    key: str
    fingerprint: str

    def record_id(self, owner: str) -> str:
        """Return the record's primary key, which differs between owners and does not contain the idempotency key."""
        return _PREFIX + hashlib.sha256(f"{owner}\n{self.key}".encode()).hexdigest()


class IdempotencyRecord(Frozen):
    """A record that points to the job `target` and expires with it. Its own id is `job_id`, the table's key."""

    job_id: str
    target: str
    fingerprint: str
    expires_at: AwareDatetime


_RECORDS: Final = Items(IdempotencyRecord)


class Idempotency:
    def __init__(self, table: JobTable) -> None:
        self._table = table

    def add(self, job: Job, item: Item, request: IdempotentRequest) -> bool:
        """Write a job and its record in one transaction; False if a record exists or another one is being written."""
        record = _record_item(job, request)
        # TTL deletes late, so an expired record is treated as deleted.
        is_free = IS_NEW | Attr("expires_at").lt(time_text(utc_now()))
        new_job = self._put({**item, "idempotency": record["job_id"]}, IS_NEW)
        try:
            dynamodb().transact_write_items(TransactItems=[new_job, self._put(record, is_free)])
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise
            return False
        return True

    def _put(self, item: Item, condition: ConditionBase) -> "TransactWriteItemTypeDef":
        put: Any = {"TableName": self._table.name, "Item": item, **condition_arguments(condition)}
        return {"Put": put}

    def find(self, owner: str, request: IdempotentRequest) -> Job | None:
        """Return the job that this request's key already belongs to, or None if it does not exist. Raises KeyReused."""
        record_id = request.record_id(owner)
        item = self._table.item(record_id)
        if item is None:
            return None
        record = _RECORDS.model(item)
        try:
            job = self._table.get(record.target, owner)
        except JobNotFound:
            # The job's deletion will remove the record as well, but this request does not have to wait until then.
            self.forget(record_id, record.target)
            return None
        if record.fingerprint != request.fingerprint:
            raise KeyReused
        return job

    def forget(self, record_id: str, target: str) -> None:
        """Remove the record of a key, unless it now points to another job."""
        with suppress(ConditionFailed):
            self._table.delete(record_id, Attr("target").eq(target))


def _record_item(job: Job, request: IdempotentRequest) -> Item:
    """Return the record of a new job."""
    record = IdempotencyRecord(
        job_id=request.record_id(job.owner),
        target=job.job_id,
        fingerprint=request.fingerprint,
        expires_at=job.kept_until or job.expires_at,
    )
    return {"ttl": number(int(record.expires_at.timestamp())), **_RECORDS.item(record)}
