"""Results drawn on demand (docs/decisions/0017-renders-on-demand.md)."""

from facelib.domain.corrections import Corrections
from facelib.domain.errors import CorrectionsChanged, JobNotFound
from facelib.domain.job import Status
from facelib.domain.renders import Render
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.corrections import are_corrected
from facelib.stores.jobs.items import is_deleted
from facelib.stores.jobs.table import JobTable, has_status


class AddedRenders:
    def __init__(self, table: JobTable) -> None:
        self._table = table

    def add(self, job_id: str, render: Render, corrections: Corrections | None = None) -> None:
        """Record a stored result that was drawn on demand with these corrections.

        Raises JobNotFound if the job was deleted in the meantime; the caller then removes the result. Raises
        CorrectionsChanged if the corrections changed in the meantime; the caller then draws the result again.
        """
        try:
            condition = has_status(Status.COMPLETED) & are_corrected(corrections)
            self._table.update(job_id, Change(add={"renders": {"SS": [render]}}), condition)
        except ConditionFailed as failed:
            raise (JobNotFound if is_deleted(failed.item) else CorrectionsChanged) from None
