"""Jobs in the order of their events, for replays."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from facelib.domain import limits
from facelib.domain.job import Job, Tombstone
from facelib.stores.attributes import utc_now
from facelib.stores.jobs.index import JobIndex
from facelib.stores.jobs.items import job_or_tombstone

# An index with the keys owner_shard and event_id. It contains only ended or deleted jobs, without their faces.
BY_EVENT: Final = "by_event"

_PAGE: Final = 100
# Sorts after every event id.
_AFTER_ALL: Final = "9999"


class JobEvents:
    """The latest event of each job, from an index that lags slightly behind the table."""

    def __init__(self, table: str, index_shards: int = limits.INDEX_SHARDS) -> None:
        self._index = JobIndex(table, BY_EVENT, "event_id", index_shards)

    def latest(self, owner: str, limit: int) -> tuple[Job | Tombstone, ...]:
        """Return the jobs that ended or were deleted most recently, in the order of their events."""
        items = list(islice(self._index.descending(owner, _AFTER_ALL, limit), limit))
        return tuple(filter(is_replayed, map(job_or_tombstone, reversed(items))))

    def after(self, owner: str, event_id: str) -> Iterator[Job | Tombstone]:
        """Yield the jobs that ended or were deleted after this event, in the order of their events."""
        return filter(is_replayed, map(job_or_tombstone, self._index.ascending(owner, event_id, _PAGE)))


def is_replayed(job: Job | Tombstone) -> bool:
    """Return whether a job has an event to replay: it was deleted, or it has ended and has not expired."""
    return isinstance(job, Tombstone) or (job.status.is_final and not job.is_expired(utc_now()))
