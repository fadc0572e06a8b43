"""Lists of jobs in DynamoDB: an owner's jobs, and those that ended, for replays."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from facelib import keys, limits
from facelib.errors import CursorInvalid
from facelib.job import Job, Status, Tombstone
from facelib.stores.clients import dynamodb
from facelib.stores.items import Item, from_item, job_or_tombstone, text, time_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

BY_OWNER: Final = "by_owner"  # owner, created_at; without faces
BY_EVENT: Final = "by_event"  # owner, event_id; only jobs that have ended or were deleted

# A filtered list reads at most this many pages of the index, then returns a cursor.
_PAGES_A_CALL: Final = 5


@dataclass(frozen=True)
class JobPage:
    """Jobs, newest first and without their faces, and the start of the next page."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


class _Cursor(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    created_at: str
    job_id: str


class JobLists:
    """Jobs of the indexes, which lack the faces and are eventually consistent."""

    def __init__(self, table: str) -> None:
        self._table = table

    def newest(self, owner: str, limit: int, cursor: str | None = None, status: Status | None = None) -> JobPage:
        """Return a page of the owner's jobs. Raises CursorInvalid."""
        values = {":owner": text(owner), ":now": text(time_text(_now())), ":deleting": text(Status.DELETING)}
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": BY_OWNER,
            "KeyConditionExpression": "#owner = :owner",
            "FilterExpression": "expires_at > :now AND #status <> :deleting",
            "ExpressionAttributeNames": {"#owner": "owner", "#status": "status"},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if status:
            query["Limit"] = limits.LIST_LIMIT + 1
            query["FilterExpression"] += " AND #status = :status"
            query["ExpressionAttributeValues"] = {**values, ":status": text(status)}
        if cursor:
            query["ExclusiveStartKey"] = {"owner": text(owner), **_start_of(cursor)}
        return self._page(query, limit)

    def _page(self, query: "QueryInputTypeDef", limit: int) -> JobPage:
        jobs: list[Job] = []
        last: Item | None = {}
        for _ in range(_PAGES_A_CALL):
            response = dynamodb().query(**query)
            jobs += [from_item(item) for item in response["Items"]]
            last = response.get("LastEvaluatedKey")
            if len(jobs) > limit:
                last_shown = jobs[limit - 1]
                return JobPage(tuple(jobs[:limit]), _cursor(time_text(last_shown.created_at), last_shown.job_id))
            if not last:
                break
            query["ExclusiveStartKey"] = last
        return JobPage(tuple(jobs), _cursor(last["created_at"]["S"], last["job_id"]["S"]) if last else None)

    def latest_ended(self, owner: str, limit: int) -> tuple[Job | Tombstone, ...]:
        """Return the jobs that ended or were deleted last, without faces, in the order of their events."""
        response = dynamodb().query(
            TableName=self._table,
            IndexName=BY_EVENT,
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": text(owner)},
            ScanIndexForward=False,
            Limit=limit,
        )
        return tuple(filter(is_replayed, map(job_or_tombstone, reversed(response["Items"]))))

    def ended_after(self, owner: str, event_id: str) -> Iterator[Job | Tombstone]:
        """Yield the jobs that ended or were deleted after this event, without faces, in the order of their events."""
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                IndexName=BY_EVENT,
                KeyConditionExpression="#owner = :owner AND event_id > :after",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": text(owner), ":after": text(event_id)},
            )
        )
        for page in pages:
            yield from filter(is_replayed, map(job_or_tombstone, page["Items"]))


def is_replayed(job: Job | Tombstone) -> bool:
    """Return whether a job has an event to replay: it was deleted, or has ended and not expired."""
    return isinstance(job, Tombstone) or (job.status.is_final and not job.is_expired(_now()))


def _now() -> datetime:
    return datetime.now(UTC)


def _cursor(created_at: str, job_id: str) -> str:
    packed = _Cursor(created_at=created_at, job_id=job_id).model_dump_json()
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _start_of(cursor: str) -> Item:
    """Return the key to start after. It lacks the owner, so a cursor cannot lead into another owner's list."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        start = _Cursor.model_validate(json.loads(packed))
        datetime.fromisoformat(start.created_at)
    # A cursor of nested brackets overflows the parser's stack.
    except (ValueError, RecursionError, ValidationError):
        raise CursorInvalid from None
    if not keys.is_job_id(start.job_id):
        raise CursorInvalid
    return {"created_at": text(start.created_at), "job_id": text(start.job_id)}
