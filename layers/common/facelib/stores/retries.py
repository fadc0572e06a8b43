"""Retries of failed jobs, counted and bounded."""

from botocore.exceptions import ClientError

from facelib import limits
from facelib.errors import JobConflict, JobNotFound
from facelib.job import RETRYABLE, TRANSITIONS, Job, Status
from facelib.stores.clients import dynamodb
from facelib.stores.items import from_item, is_deleted, number, text, to_item
from facelib.stores.job_table import JobTable, item_that_failed_condition, primary_key, suppress_failed_condition


class RetryStore(JobTable):
    def retry(self, job_id: str, owner: str) -> Job:
        """Move a failed job back to pending, and return it as it was. Raises JobNotFound or JobConflict."""
        job = self.get(job_id, owner)
        _check_retryable(job)
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                UpdateExpression="SET #status = :pending ADD retries :one REMOVE failure, completed_at, event_id",
                ConditionExpression="#status = :failed AND (attribute_not_exists(retries) OR retries < :limit)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":pending": text(Status.PENDING),
                    ":failed": text(Status.FAILED),
                    ":one": number(1),
                    ":limit": number(limits.RETRIES),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            old = item_that_failed_condition(error)
            if is_deleted(old):
                raise JobNotFound from None
            raise _why_not_retried(from_item(old)) from None
        return job

    def undo_retry(self, failed: Job) -> None:
        """Restore a failed job whose retry could not be queued."""
        item = to_item(failed)
        back = {name: item[name] for name in ("status", "failure", "completed_at", "event_id") if name in item}
        with suppress_failed_condition():
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(failed.job_id),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in back) + " ADD retries :minus_one",
                ConditionExpression="#status = :pending",
                ExpressionAttributeNames={f"#{name}": name for name in back},
                ExpressionAttributeValues={
                    ":pending": text(Status.PENDING),
                    ":minus_one": number(-1),
                    **{f":{name}": value for name, value in back.items()},
                },
            )


def _check_retryable(job: Job) -> None:
    if Status.PENDING not in TRANSITIONS[job.status]:
        raise JobConflict(job, "so there is nothing to retry; only a failed job can be retried")
    if job.failure and job.failure.reason not in RETRYABLE:
        raise JobConflict(job, f"and would fail again: {job.failure.detail} Send another image")


def _why_not_retried(job: Job) -> JobConflict:
    if job.status is Status.FAILED:
        return JobConflict(job, f"and was retried {limits.RETRIES} times, which is the limit. Send the image again")
    return JobConflict(job, "it is being retried already")
