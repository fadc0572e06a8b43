"""Lists of an owner's jobs in DynamoDB, newest first."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile, islice
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from facelib.domain import limits, object_keys
from facelib.domain.errors import CursorInvalid, StoreThrottled
from facelib.domain.job import Job, Status
from facelib.stores.attributes import Item, utc_now
from facelib.stores.backoff import attempts
from facelib.stores.clients import dynamodb
from facelib.stores.jobs.index import JobIndex
from facelib.stores.jobs.items import from_item, is_deleted
from facelib.stores.jobs.table import primary_key

BY_CREATION: Final = "by_creation"  # An index on owner_shard and created_at, with no other fields than keys.

# A BatchGetItem reads at most 100 items.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_BATCH: Final = 100
# All attempts together take about five seconds.
_BATCH_ATTEMPTS: Final = 10
# Number of jobs to read at a time after the first batch, if a page is still incomplete because jobs were deleted or
# because it is larger than a batch.
_REST: Final = 10
# Sorts after every `created_at`.
_AFTER_ALL: Final = "9999"
# A filtered list reads at most this many jobs, then returns a cursor.
_READ_AT_MOST: Final = 5 * _BATCH
# Lists omit the faces, a thousand of which take 150 KB.
_FIELDS: Final = sorted({*Job.model_fields} - {"faces"})


@dataclass(frozen=True)
class JobPage:
    """Jobs, newest first and without their faces, and the cursor for the next page."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


class _Cursor(BaseModel):
    """The last job of a page. It does not contain the owner, so it cannot give access to another owner's list."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    created_at: str
    job_id: str

    @property
    def position(self) -> tuple[str, str]:
        return self.created_at, self.job_id


class JobLists:
    """Lists of jobs. Ids are read from an index, which lags slightly behind the table. Jobs are read from the table.

    The index contains only keys, so it is written once per job and not at every status change.
    """

    def __init__(self, table: str, index_shards: int = limits.INDEX_SHARDS) -> None:
        self._table = table
        self._index = JobIndex(table, BY_CREATION, "created_at", index_shards)

    def newest(self, owner: str, limit: int, cursor: str | None = None, status: Status | None = None) -> JobPage:
        """Return a page of the owner's jobs. Raises CursorInvalid."""
        jobs: list[Job] = []
        last: _Cursor | None = None
        sizes = (_BATCH, _BATCH) if status else (min(_BATCH, limit + 1), _REST)
        for read, (position, job) in enumerate(self._read(owner, sizes, cursor), 1):
            if job and status in (None, job.status):
                if len(jobs) == limit:
                    return JobPage(tuple(jobs), _pack(last) if last else None)
                jobs.append(job)
                last = position
            if read == _READ_AT_MOST:
                return JobPage(tuple(jobs), _pack(position))
        return JobPage(tuple(jobs), None)

    def _read(self, owner: str, sizes: tuple[int, int], cursor: str | None) -> Iterator[tuple[_Cursor, Job | None]]:
        """Yield each position after the cursor, newest first, with its job if it still exists. Raises CursorInvalid."""
        size, size_of_rest = sizes
        positions = self._positions(owner, size, _unpack(cursor) if cursor else None)
        while batch := tuple(islice(positions, size)):
            size = size_of_rest
            jobs = self._visible(batch)
            for position in batch:
                yield position, jobs.get(position.job_id)

    def _positions(self, owner: str, page_size: int, after: _Cursor | None) -> Iterator[_Cursor]:
        """Yield the position of every job after the cursor, newest first."""
        up_to = after.created_at if after else _AFTER_ALL
        items = self._index.descending(owner, up_to, page_size)
        positions = (_Cursor(created_at=item["created_at"]["S"], job_id=item["job_id"]["S"]) for item in items)
        return dropwhile(lambda each: each.position >= after.position, positions) if after else positions

    def _visible(self, positions: Iterable[_Cursor]) -> Mapping[str, Job]:
        """Return the jobs at these positions that are neither deleted nor expired, keyed by id, without their faces."""
        now = utc_now()
        jobs = (from_item(item) for item in self._items([each.job_id for each in positions]) if not is_deleted(item))
        return {job.job_id: job for job in jobs if not job.is_expired(now)}

    def _items(self, job_ids: Sequence[str]) -> Iterator[Item]:
        names = {f"#{name}": name for name in _FIELDS}
        request: dict[str, Any] = {
            self._table: {
                "Keys": [primary_key(job_id) for job_id in job_ids],
                "ProjectionExpression": ", ".join(names),
                "ExpressionAttributeNames": names,
            }
        }
        # Items beyond the limit of 16 MB, or beyond the table's throughput, are requested again.
        for _ in attempts(_BATCH_ATTEMPTS):
            response = dynamodb().batch_get_item(RequestItems=request)
            yield from response["Responses"].get(self._table, ())
            request = dict(response.get("UnprocessedKeys", {}))
            if not request:
                return
        raise StoreThrottled


def _pack(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def _unpack(cursor: str) -> _Cursor:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        unpacked = _Cursor.model_validate(json.loads(packed))
        datetime.fromisoformat(unpacked.created_at)
    # A cursor with nested brackets can overflow the parser's stack.
    except (ValueError, RecursionError, ValidationError):
        raise CursorInvalid from None
    if not object_keys.is_job_id(unpacked.job_id):
        raise CursorInvalid
    return unpacked
