"""The jobs table: reading one job, and what every conditional write to it shares."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from facelib import keys
from facelib.errors import JobNotFound
from facelib.job import Job, Status
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.items import Item, from_item, text


class JobTable:
    """Base of the stores that read and write single jobs."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, job_id: str, owner: str) -> Job:
        """Read a job of this owner. Raises JobNotFound."""
        if not keys.is_job_id(job_id):
            raise JobNotFound
        item = self._item(job_id)
        if item is None:
            raise JobNotFound
        job = from_item(item)
        if job.owner != owner or job.status is Status.DELETING or job.is_expired(utc_now()):
            raise JobNotFound
        return job

    def peek(self, job_id: str) -> Job | None:
        """Read a job for the service itself, whoever owns it. Raises pydantic's ValidationError for a malformed one."""
        item = self._item(job_id)
        return from_item(item) if item else None

    def _item(self, key: str) -> Item | None:
        return dynamodb().get_item(TableName=self._table, Key=primary_key(key), ConsistentRead=True).get("Item")


def primary_key(job_id: str) -> Item:
    return {"job_id": text(job_id)}


def utc_now() -> datetime:
    return datetime.now(UTC)


def item_that_failed_condition(error: ClientError) -> Item:
    """Return the item that failed a write's condition, {} where there was none; raise any other error again."""
    if code_of(error) != "ConditionalCheckFailedException":
        raise error
    response: Mapping[str, Any] = error.response
    item: Item = response.get("Item", {})
    return item


@contextmanager
def suppress_failed_condition() -> Iterator[None]:
    """Ignore a failed condition: another writer was faster, and nothing is left to do."""
    try:
        yield
    except ClientError as error:
        item_that_failed_condition(error)


def is_deleted(item: Item) -> bool:
    return not item or item["status"] == text(Status.DELETING)
