"""The jobs table: reading one job, and the conditional writes that its stores use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from boto3.dynamodb.conditions import Attr, ConditionBase

from facelib.domain import object_keys
from facelib.domain.errors import JobNotFound
from facelib.domain.job import Job, Status, Tombstone
from facelib.stores.attributes import Item, text, time_text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import Change, condition_arguments, conditional_write
from facelib.stores.jobs.items import job_or_tombstone

IS_NEW: Final = Attr("job_id").not_exists()


def has_status(status: Status) -> ConditionBase:
    return Attr("status").eq(status)


def is_kept(now: datetime) -> ConditionBase:
    """Return the condition that a job has not expired, or expired early only because its image was late."""
    return Attr("expires_at").gt(time_text(now)) | Attr("kept_until").gt(time_text(now))


# A job that would have expired early, because its image might never arrive, is kept for the whole retention period.
WHOLE_TIME: Final = {"expires_at": "if_not_exists(kept_until, expires_at)"}


class JobTable:
    """Reads and writes single items. Every status change is one conditional write that follows `job.TRANSITIONS`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, job_id: str, owner: str) -> Job:
        """Read a job of this owner. Raises JobNotFound."""
        job = self.peek(job_id) if object_keys.is_job_id(job_id) else None
        if not isinstance(job, Job) or job.owner != owner or job.is_expired(utc_now()):
            raise JobNotFound
        return job

    def peek(self, job_id: str) -> Job | Tombstone | None:
        """Read a job of any owner, for the service itself. Raises pydantic's ValidationError if it is malformed."""
        item = self.item(job_id)
        return job_or_tombstone(item) if item else None

    def item(self, key: str) -> Item | None:
        """Read the stored item of a job, a tombstone or an idempotency record."""
        return dynamodb().get_item(TableName=self.name, Key=primary_key(key), ConsistentRead=True).get("Item")

    def update(
        self, key: str, change: Change, condition: ConditionBase, returning: Literal["NONE", "ALL_NEW"] = "NONE"
    ) -> Item:
        """Change an item, and return it if `returning` requests it. Raises ConditionFailed."""
        with conditional_write():
            response = dynamodb().update_item(
                TableName=self.name,
                Key=primary_key(key),
                ReturnValues=returning,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **change.arguments(condition),
            )
        return response.get("Attributes", {})

    def put(self, item: Item, condition: ConditionBase) -> None:
        """Write a whole item. Raises ConditionFailed."""
        with conditional_write():
            dynamodb().put_item(TableName=self.name, Item=item, **condition_arguments(condition))

    def delete(self, key: str, condition: ConditionBase) -> None:
        """Delete an item. Raises ConditionFailed."""
        with conditional_write():
            dynamodb().delete_item(TableName=self.name, Key=primary_key(key), **condition_arguments(condition))


def primary_key(job_id: str) -> Mapping[str, Any]:
    return {"job_id": text(job_id)}
