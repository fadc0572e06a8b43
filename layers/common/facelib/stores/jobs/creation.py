"""Jobs in DynamoDB. Every change of status is one conditional write along `job.TRANSITIONS`."""

from typing import Final

from botocore.exceptions import ClientError

from facelib import limits
from facelib.errors import JobNotFound, StoreContended
from facelib.job import Job, Status
from facelib.stores.attributes import text
from facelib.stores.backoff import attempts
from facelib.stores.clients import dynamodb
from facelib.stores.jobs.claims import ClaimStore
from facelib.stores.jobs.deletions import DeletionStore
from facelib.stores.jobs.idempotency import IS_NEW, IdempotentRequest
from facelib.stores.jobs.index import SHARD, owner_shard
from facelib.stores.jobs.items import to_item
from facelib.stores.jobs.renders import RenderStore
from facelib.stores.jobs.retries import RetryStore
from facelib.stores.jobs.table import item_that_failed_condition, primary_key, suppress_failed_condition

# Neither claimed nor kept.
_IS_UNCLAIMED: Final = "#status = :pending AND attribute_exists(kept_until)"
# Concurrent requests with the same key cancel each other's transactions; one of them succeeds in the next round.
_ADD_ATTEMPTS: Final = 10
_FIRST_WAIT_SECONDS: Final = 0.005


class JobStore(ClaimStore, RenderStore, RetryStore, DeletionStore):
    """Everything that happens to one job, from its creation to its deletion."""

    def __init__(self, table: str, index_shards: int = limits.INDEX_SHARDS) -> None:
        super().__init__(table)
        self._index_shards = index_shards

    def find(self, owner: str, request: IdempotentRequest) -> Job | None:
        """Return the job that this request stored before, or None. Raises KeyReused."""
        return self._job_of_request(owner, request)

    def add(self, job: Job, request: IdempotentRequest | None = None) -> Job:
        """Store a new job, or return the one that the same request stored before.

        Raises KeyReused where the key came with another request, and StoreContended where too many come at once.
        """
        item = to_item(job) | {SHARD: text(owner_shard(job.owner, job.job_id, self._index_shards))}
        if request is None:
            # Where the condition fails, the response to the SDK's first attempt was lost: its random id is ours alone.
            with suppress_failed_condition():
                dynamodb().put_item(TableName=self._table, Item=item, ConditionExpression=IS_NEW)
            return job
        for _ in attempts(_ADD_ATTEMPTS, _FIRST_WAIT_SECONDS):
            if self._add_with_key(job, item, request):
                return job
            if earlier := self._job_of_request(job.owner, request):
                return earlier
        raise StoreContended

    def keep(self, job_id: str) -> None:
        """Keep a job for its whole time, now that its image is stored. Raises JobNotFound if it was withdrawn."""
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                UpdateExpression="SET expires_at = kept_until REMOVE kept_until",
                ConditionExpression=_IS_UNCLAIMED,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":pending": text(Status.PENDING)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not item_that_failed_condition(error):
                raise JobNotFound from None

    def withdraw(self, job: Job, request: IdempotentRequest | None = None) -> bool:
        """Remove a job whose image could not be stored; False if it is kept, because it has its image by now."""
        try:
            dynamodb().delete_item(
                TableName=self._table,
                Key=primary_key(job.job_id),
                # Where it is not there, the response to the SDK's first attempt was lost.
                ConditionExpression=f"{IS_NEW} OR ({_IS_UNCLAIMED})",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":pending": text(Status.PENDING)},
            )
        except ClientError as error:
            item_that_failed_condition(error)
            return False
        if request:
            self._remove_record(request.record_id(job.owner), job.job_id)
        return True
