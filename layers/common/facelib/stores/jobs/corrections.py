"""Corrections of completed jobs (docs/decisions/0027-corrections.md)."""

from boto3.dynamodb.conditions import Attr, ConditionBase

from facelib.domain.corrections import Corrections
from facelib.domain.errors import CorrectionsChanged, JobNotFound
from facelib.domain.job import Job, Status
from facelib.messages.events import new_event_id
from facelib.stores.attributes import text, time_text
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.items import is_deleted
from facelib.stores.jobs.table import JobTable, has_status


class StoredCorrections:
    def __init__(self, table: JobTable) -> None:
        self._table = table

    def begin(self, job_id: str, before: Corrections | None, corrections: Corrections) -> None:
        """Store corrections that the results do not show yet. Raises CorrectionsChanged and JobNotFound."""
        change = Change(put={"corrections": text(corrections.model_dump_json())}, remove=("corrected_at",))
        self._update(job_id, change, before)

    def finish(self, job: Job) -> None:
        """Record that the results show the job's corrections, which notifies listeners.

        Raises CorrectionsChanged and JobNotFound.
        """
        at = job.corrected_at
        assert at is not None
        change = Change(put={"corrected_at": text(time_text(at)), "event_id": text(new_event_id(at, job.job_id))})
        self._update(job.job_id, change, job.corrections)

    def _update(self, job_id: str, change: Change, before: Corrections | None) -> None:
        try:
            self._table.update(job_id, change, has_status(Status.COMPLETED) & are_corrected(before))
        except ConditionFailed as failed:
            raise (JobNotFound if is_deleted(failed.item) else CorrectionsChanged) from None


def are_corrected(corrections: Corrections | None) -> ConditionBase:
    """Return the condition that a job has these corrections."""
    attribute = Attr("corrections")
    return attribute.not_exists() if corrections is None else attribute.eq(corrections.model_dump_json())
