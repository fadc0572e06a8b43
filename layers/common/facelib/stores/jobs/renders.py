"""Results drawn on demand (docs/decisions/0017-renders-on-demand.md)."""

from facelib.domain.errors import JobNotFound
from facelib.domain.job import Status
from facelib.domain.renders import Render
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.table import JobTable, has_status


class AddedRenders:
    def __init__(self, table: JobTable) -> None:
        self._table = table

    def add(self, job_id: str, render: Render) -> None:
        """Record a result that was drawn on demand and stored.

        Raises JobNotFound if the job was deleted in the meantime; then the caller removes what it stored.
        """
        try:
            self._table.update(job_id, Change(add={"renders": {"SS": [render]}}), has_status(Status.COMPLETED))
        except ConditionFailed:
            raise JobNotFound from None
