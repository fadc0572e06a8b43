"""Deletion of jobs, in two steps around the deletion of their objects (docs/decisions/0015-identity-and-erasure.md)."""

from typing import Final

from botocore.exceptions import ClientError

from facelib import keys
from facelib.errors import JobNotFound
from facelib.events import new_event_id
from facelib.job import Job, Status
from facelib.stores.attributes import Item, text, time_text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.jobs.idempotency import IdempotencyStore
from facelib.stores.jobs.items import tombstone_item
from facelib.stores.jobs.table import (
    IS_KEPT,
    item_that_failed_condition,
    primary_key,
    suppress_failed_condition,
)

# What the rest of the deletion needs. Everything else, the faces above all, is erased in the first step.
_KEPT: Final = frozenset({"job_id", "owner", "status", "created_at", "expires_at", "event_id"})
_ERASED: Final = sorted({*Job.model_fields, "claim", "lease_until", "original_etag", "retries"} - _KEPT)


class DeletionStore(IdempotencyStore):
    def begin_deletion(self, job_id: str, owner: str) -> None:
        """Hide a job from everybody, end its claim and notify listeners; can be repeated until `remove`.

        Raises JobNotFound.
        """
        if not keys.is_job_id(job_id):
            raise JobNotFound
        now = utc_now()
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                UpdateExpression="SET #status = :deleting, event_id = :event REMOVE "
                + ", ".join(f"#{name}" for name in _ERASED),
                ConditionExpression=f"#owner = :owner AND {IS_KEPT} AND #status <> :deleting",
                ExpressionAttributeNames={
                    "#status": "status",
                    "#owner": "owner",
                    **{f"#{name}": name for name in _ERASED},
                },
                ExpressionAttributeValues={
                    ":deleting": text(Status.DELETING),
                    ":event": text(new_event_id(now, job_id)),
                    ":owner": text(owner),
                    ":now": text(time_text(now)),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not _is_interrupted_deletion(item_that_failed_condition(error), owner):
                raise JobNotFound from None

    def remove(self, job_id: str) -> None:
        """Leave only a tombstone of a job in deletion, once its objects are gone, and remove its idempotency record."""
        item = self._item(job_id)
        if item is None or item["status"] != text(Status.DELETING):
            return
        if "idempotency" in item:
            self._remove_record(item["idempotency"]["S"], job_id)
        with suppress_failed_condition():
            dynamodb().put_item(
                TableName=self._table,
                Item=tombstone_item(item),
                ConditionExpression="#status = :deleting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":deleting": text(Status.DELETING)},
            )

    def purge(self, job_id: str) -> None:
        """Remove every record of a job, its tombstone too: listeners that come late will not learn of its deletion."""
        item = self._item(job_id) or {}
        if "idempotency" in item:
            self._remove_record(item["idempotency"]["S"], job_id)
        dynamodb().delete_item(TableName=self._table, Key=primary_key(job_id))


def _is_interrupted_deletion(item: Item, owner: str) -> bool:
    return bool(item) and item["status"] == text(Status.DELETING) and item["owner"] == text(owner)
