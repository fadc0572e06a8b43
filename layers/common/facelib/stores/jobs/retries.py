"""Retries of failed jobs, counted and bounded."""

from facelib import limits
from facelib.errors import JobConflict
from facelib.job import RETRYABLE, TRANSITIONS, Job, Status
from facelib.stores.attributes import number, text
from facelib.stores.clients import dynamodb
from facelib.stores.jobs.table import JobTable, primary_key, suppress_failed_condition


class RetryStore(JobTable):
    def next_retry(self, job_id: str, owner: str) -> int:
        """Return the number of a failed job's next retry, from 1.

        Raises JobNotFound, and JobConflict where there is no further retry.
        """
        job = self.get(job_id, owner)
        _check_retryable(job)
        retries = int((self._item(job_id) or {}).get("retries", number(0))["N"])
        if retries >= limits.RETRIES:
            raise JobConflict(job, f"and was retried {retries} times, which is the limit. Send the image again")
        return retries + 1

    def begin_retry(self, job_id: str, retry: int) -> None:
        """Move a failed job back to pending, unless this retry, or a later one, has begun."""
        with suppress_failed_condition():
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                UpdateExpression="SET #status = :pending, retries = :retry REMOVE failure, completed_at, event_id",
                ConditionExpression="#status = :failed AND (attribute_not_exists(retries) OR retries < :retry)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":pending": text(Status.PENDING),
                    ":failed": text(Status.FAILED),
                    ":retry": number(retry),
                },
            )


def _check_retryable(job: Job) -> None:
    if Status.PENDING not in TRANSITIONS[job.status]:
        raise JobConflict(job, "so there is nothing to retry; only a failed job can be retried")
    if job.failure and job.failure.reason not in RETRYABLE:
        raise JobConflict(job, f"and would fail again: {job.failure.detail} Send another image")
