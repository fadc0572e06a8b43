"""The jobs table: reading one job, and what every conditional write to it shares."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError

from facelib import keys
from facelib.errors import JobNotFound
from facelib.job import Job, Tombstone
from facelib.stores.attributes import Item, text, utc_now
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.jobs.items import job_or_tombstone

# Until when a job is there, whether or not its form has expired; needs `:now`.
IS_KEPT: Final = "(expires_at > :now OR kept_until > :now)"


class JobTable:
    """Base of the stores that read and write single jobs."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, job_id: str, owner: str) -> Job:
        """Read a job of this owner. Raises JobNotFound."""
        job = self.peek(job_id) if keys.is_job_id(job_id) else None
        if not isinstance(job, Job) or job.owner != owner or job.is_expired(utc_now()):
            raise JobNotFound
        return job

    def peek(self, job_id: str) -> Job | Tombstone | None:
        """Read a job for the service itself, whoever owns it. Raises pydantic's ValidationError for a malformed one."""
        item = self._item(job_id)
        return job_or_tombstone(item) if item else None

    def _item(self, key: str) -> Item | None:
        return dynamodb().get_item(TableName=self._table, Key=primary_key(key), ConsistentRead=True).get("Item")


def primary_key(job_id: str) -> Item:
    return {"job_id": text(job_id)}


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
