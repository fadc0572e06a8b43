"""Deletes jobs in two steps, before and after deleting their objects (docs/decisions/0015-identity-and-erasure.md)."""

from contextlib import suppress
from typing import Final

from boto3.dynamodb.conditions import Attr

from facelib.domain import object_keys
from facelib.domain.errors import JobNotFound
from facelib.domain.job import Job, Status
from facelib.messages.events import new_event_id
from facelib.stores.attributes import Item, text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.idempotency import Idempotency
from facelib.stores.jobs.items import tombstone_item
from facelib.stores.jobs.table import JobTable, has_status, is_kept, primary_key

# The attributes that the second step needs. All others, especially the faces, are erased in the first step.
_KEPT: Final = frozenset({"job_id", "owner", "status", "created_at", "expires_at", "event_id"})
_ERASED: Final = sorted({*Job.model_fields, "claim", "lease_until", "original_etag", "retries"} - _KEPT)


class Deletions:
    def __init__(self, table: JobTable) -> None:
        self._table = table
        self._idempotency = Idempotency(table)

    def begin(self, job_id: str, owner: str) -> None:
        """Hide a job, end its claim and notify listeners. This can be repeated until `finish` is called.

        Raises JobNotFound if the owner does not have this job.
        """
        if not object_keys.is_job_id(job_id):
            raise JobNotFound
        now = utc_now()
        event_id = text(new_event_id(now, job_id))
        change = Change(put={"status": text(Status.DELETING), "event_id": event_id}, remove=_ERASED)
        is_there = Attr("owner").eq(owner) & is_kept(now) & Attr("status").ne(Status.DELETING)
        try:
            self._table.update(job_id, change, is_there)
        except ConditionFailed as failed:
            if not _is_interrupted_deletion(failed.item, owner):
                raise JobNotFound from None

    def finish(self, job_id: str) -> None:
        """Once a job's objects are gone, replace the job with a tombstone, and remove its idempotency record."""
        item = self._table.item(job_id)
        if item is None or item["status"] != text(Status.DELETING):
            return
        self._forget_request(job_id, item)
        with suppress(ConditionFailed):
            self._table.put(tombstone_item(item), has_status(Status.DELETING))

    def purge(self, job_id: str) -> None:
        """Remove every record of a job, including its tombstone, so that replays do not contain its deletion."""
        self._forget_request(job_id, self._table.item(job_id) or {})
        dynamodb().delete_item(TableName=self._table.name, Key=primary_key(job_id))

    def _forget_request(self, job_id: str, item: Item) -> None:
        if "idempotency" in item:
            self._idempotency.forget(item["idempotency"]["S"], job_id)


def _is_interrupted_deletion(item: Item, owner: str) -> bool:
    return bool(item) and item["status"] == text(Status.DELETING) and item["owner"] == text(owner)
