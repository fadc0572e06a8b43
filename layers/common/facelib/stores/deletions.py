"""Deletion of jobs, in two steps around the deletion of their objects (docs/decisions/0015-identity-and-erasure.md)."""

from botocore.exceptions import ClientError

from facelib import keys
from facelib.errors import JobNotFound
from facelib.job import Status
from facelib.stores.clients import dynamodb
from facelib.stores.idempotency import IdempotencyStore
from facelib.stores.items import text, time_text
from facelib.stores.job_table import item_that_failed_condition, primary_key, suppress_failed_condition, utc_now


class DeletionStore(IdempotencyStore):
    def begin_deletion(self, job_id: str, owner: str) -> None:
        """Hide a job from everybody and end its claim; can be repeated until `remove`. Raises JobNotFound."""
        if not keys.is_job_id(job_id):
            raise JobNotFound
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                # The faces are erased at once; without an event id the job leaves the index of replays.
                UpdateExpression="SET #status = :deleting REMOVE claim, lease_until, faces, event_id",
                ConditionExpression="#owner = :owner AND expires_at > :now",
                ExpressionAttributeNames={"#status": "status", "#owner": "owner"},
                ExpressionAttributeValues={
                    ":deleting": text(Status.DELETING),
                    ":owner": text(owner),
                    ":now": text(time_text(utc_now())),
                },
            )
        except ClientError as error:
            item_that_failed_condition(error)
            raise JobNotFound from None

    def remove(self, job_id: str) -> None:
        """Remove the record of a job in deletion, and that of its idempotency key, once its objects are gone."""
        item = self._item(job_id)
        if item is None:
            return
        if "idempotency" in item:
            self._remove_record(item["idempotency"]["S"], job_id)
        with suppress_failed_condition():
            dynamodb().delete_item(
                TableName=self._table,
                Key=primary_key(job_id),
                ConditionExpression="#status = :deleting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":deleting": text(Status.DELETING)},
            )
