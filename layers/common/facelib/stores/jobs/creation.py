"""Creates jobs, then keeps those whose image is stored and withdraws those whose image cannot be stored."""

from contextlib import suppress
from typing import Final

from boto3.dynamodb.conditions import Attr

from facelib.domain import limits
from facelib.domain.errors import JobNotFound, StoreContended
from facelib.domain.job import Job, Status
from facelib.stores.attributes import text
from facelib.stores.backoff import attempts
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.idempotency import Idempotency, IdempotentRequest
from facelib.stores.jobs.index import SHARD, owner_shard
from facelib.stores.jobs.items import to_item
from facelib.stores.jobs.table import IS_NEW, WHOLE_TIME, JobTable, has_status

# The condition that a job was neither claimed nor kept.
_IS_UNCLAIMED: Final = has_status(Status.PENDING) & Attr("kept_until").exists()
# Concurrent requests with the same key cancel each other's transactions; one of them succeeds on the next attempt.
_ADD_ATTEMPTS: Final = 10
_FIRST_WAIT_SECONDS: Final = 0.005


class NewJobs:
    def __init__(self, table: JobTable, index_shards: int = limits.INDEX_SHARDS) -> None:
        self._table = table
        self._idempotency = Idempotency(table)
        self._index_shards = index_shards

    def find(self, owner: str, request: IdempotentRequest) -> Job | None:
        """Return the job that this request stored before, or None. Raises KeyReused."""
        return self._idempotency.find(owner, request)

    def add(self, job: Job, request: IdempotentRequest | None = None) -> Job:
        """Store a new job, or return the one that the same request stored before.

        Raises KeyReused if another request used the key, and StoreContended if too many use it at once.
        """
        item = to_item(job) | {SHARD: text(owner_shard(job.owner, job.job_id, self._index_shards))}
        if request is None:
            # No other request has this random id, so if the condition fails, an earlier attempt by the SDK has
            # succeeded.
            with suppress(ConditionFailed):
                self._table.put(item, IS_NEW)
            return job
        for _ in attempts(_ADD_ATTEMPTS, _FIRST_WAIT_SECONDS):
            if self._idempotency.add(job, item, request):
                return job
            if earlier := self._idempotency.find(job.owner, request):
                return earlier
        raise StoreContended

    def keep(self, job_id: str) -> None:
        """Keep a job for its whole retention, now that its image is stored. Raises JobNotFound if it was withdrawn."""
        try:
            self._table.update(job_id, Change(copy=WHOLE_TIME, remove=("kept_until",)), _IS_UNCLAIMED)
        except ConditionFailed as failed:
            if not failed.item:
                raise JobNotFound from None

    def withdraw(self, job: Job, request: IdempotentRequest | None = None) -> bool:
        """Remove a job whose image could not be stored. Return False if the image was stored in the meantime."""
        try:
            # The job may be missing: the SDK repeats a deletion whose response was lost.
            self._table.delete(job.job_id, IS_NEW | _IS_UNCLAIMED)
        except ConditionFailed:
            return False
        if request:
            self._idempotency.forget(request.record_id(job.owner), job.job_id)
        return True
