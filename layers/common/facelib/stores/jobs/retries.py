"""Retries of failed jobs, up to a limit for each job."""

from contextlib import suppress

from boto3.dynamodb.conditions import Attr

from facelib.domain import limits
from facelib.domain.errors import JobConflict
from facelib.domain.job import RETRYABLE, TRANSITIONS, Job, Status
from facelib.stores.attributes import number, text
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.table import JobTable, has_status


class Retries:
    def __init__(self, table: JobTable) -> None:
        self._table = table

    def next_number(self, job_id: str, owner: str) -> int:
        """Return the number of a failed job's next retry, counted from 1.

        Raises JobNotFound, and JobConflict if no further retry is allowed.
        """
        job = self._table.get(job_id, owner)
        _check_retryable(job)
        retries = int((self._table.item(job_id) or {}).get("retries", number(0))["N"])
        if retries >= limits.RETRIES:
            raise JobConflict(job, f"and was retried {retries} times, which is the maximum. Send the image again")
        return retries + 1

    def begin(self, job_id: str, retry: int) -> None:
        """Move a failed job back to pending, unless this retry or a later one has already begun."""
        change = Change(
            put={"status": text(Status.PENDING), "retries": number(retry)},
            remove=("failure", "completed_at", "event_id"),
        )
        is_next = Attr("retries").not_exists() | Attr("retries").lt(retry)
        with suppress(ConditionFailed):
            self._table.update(job_id, change, has_status(Status.FAILED) & is_next)


def _check_retryable(job: Job) -> None:
    if Status.PENDING not in TRANSITIONS[job.status]:
        raise JobConflict(job, "so there is nothing to retry; only a failed job can be retried")
    if job.failure and job.failure.reason not in RETRYABLE:
        raise JobConflict(job, f"and would fail again: {job.failure.detail} Send another image")
