"""The frames that listeners receive; docs/asyncapi.json is generated from these models."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from facelib.domain.detail import Detail
from facelib.domain.frozen import Frozen
from facelib.domain.job import Job, Status, Tombstone
from facelib.messages.batches import batches
from facelib.messages.job_fields import with_job_fields
from facelib.messages.links import processed_image_url


class EventType(StrEnum):
    COMPLETED = "job.completed"
    FAILED = "job.failed"
    CORRECTED = "job.corrected"
    DELETED = "job.deleted"


@with_job_fields(lambda mark: mark.stream)
class _FinalJob(Frozen):
    """The fields of an event about a job that has ended."""

    type: EventType
    event_id: str
    job_id: str
    status: Literal[Status.COMPLETED, Status.FAILED]
    processed_image_url: str | None
    completed_at: AwareDatetime


class JobEnded(_FinalJob):
    """A job that was completed or failed."""

    type: Literal[EventType.COMPLETED, EventType.FAILED]


class JobCorrected(_FinalJob):
    """A completed job whose results that hide faces were redrawn with corrections."""

    type: Literal[EventType.CORRECTED] = EventType.CORRECTED
    status: Literal[Status.COMPLETED] = Status.COMPLETED
    corrected_at: AwareDatetime


class JobDeleted(Frozen):
    """A job that was deleted before it expired."""

    type: Literal[EventType.DELETED] = EventType.DELETED
    event_id: str
    job_id: str


JobEvent = Annotated[JobEnded | JobCorrected | JobDeleted, Field(discriminator="type")]


class Connected(Frozen):
    """The response to hello: the position of the stream when this listener connected, by the service's clock."""

    type: Literal["connected"] = "connected"
    position: str


class Pong(Frozen):
    """The response to ping."""

    type: Literal["pong"] = "pong"


class Subscribed(Frozen):
    """The response to subscribe: from now on, the listener receives this job's events, or all if `job_id` is null."""

    type: Literal["subscribed"] = "subscribed"
    job_id: str | None


class ErrorEvent(Frozen):
    """The response to an invalid frame: what is wrong, and what to send instead."""

    type: Literal["error"] = "error"
    detail: Detail


class Frame(Frozen):
    """The content of one WebSocket frame, oldest event first."""

    events: tuple[JobEnded | JobCorrected | JobDeleted | Connected | Pong | Subscribed | ErrorEvent, ...]


_EVENT_TIME: Final = "%Y%m%dT%H%M%S.%fZ"
EVENT_ID_PATTERN: Final = r"^[0-9]{8}T[0-9]{6}\.[0-9]{6}Z-[0-9a-f]{8}$"


def new_event_id(at: datetime, job_id: str) -> str:
    """Return an id that sorts by time (UTC, to the microsecond) and is unique to the job."""
    return f"{at.astimezone(UTC):{_EVENT_TIME}}-{job_id[:8]}"


def position_at(at: datetime) -> str:
    """Return the stream's position at this time, as an event id that sorts after all previous events."""
    return new_event_id(at, "00000000")


def event_time(event_id: str) -> datetime:
    """Return the UTC time of the event with this id. Raises ValueError if the id is malformed."""
    return datetime.strptime(event_id.partition("-")[0], _EVENT_TIME).replace(tzinfo=UTC)


def time_of_next_event(job: Job) -> datetime:
    """Return the current UTC time, or a time just after the job's latest event if that is later."""
    now = datetime.now(UTC)
    return max(now, event_time(job.event_id) + timedelta.resolution) if job.event_id else now


def event_id_before(event_id: str, seconds: float) -> str:
    """Return an id that sorts before all events that happened up to `seconds` before this one.

    Raises ValueError if the id is malformed, or OverflowError if the result would be before the year 1.
    """
    return f"{event_time(event_id) - timedelta(seconds=seconds):{_EVENT_TIME}}"


def corrected_at(job: Job) -> datetime | None:
    """Return the time at which a completed job was corrected, or None if its latest event is not a correction.

    The time is read from the event's id, because the index for replays has no other time, and the attributes of an
    existing index cannot be changed. Raises ValueError if the id is malformed.
    """
    if job.status is not Status.COMPLETED or job.event_id is None or job.completed_at is None:
        return None
    at = event_time(job.event_id)
    return at if at > job.completed_at else None


def event_of(job: Job | Tombstone, public_url: str) -> JobEvent:
    """Return the latest event of a completed, failed or deleted job. Raises ValueError if the job is malformed."""
    if isinstance(job, Tombstone):
        return JobDeleted(event_id=job.event_id, job_id=job.job_id)
    completed = job.status is Status.COMPLETED
    fields = {name: getattr(job, name) for name in _FinalJob.model_fields if name in Job.model_fields}
    fields["processed_image_url"] = processed_image_url(public_url, job.job_id) if completed and job.available else None
    if at := corrected_at(job):
        return JobCorrected.model_validate({**fields, "corrected_at": at})
    return JobEnded.model_validate({**fields, "type": EventType.COMPLETED if completed else EventType.FAILED})


def frames(events: Iterable[JobEvent], limit: int) -> Iterator[bytes]:
    """Yield the events in order, in as few JSON frames as possible, of at most `limit` bytes.

    Every event fits into a frame, because it is at most `limits.EVENT_BYTES` long.
    """
    head, comma, tail = b'{"events":[', b",", b"]}"
    texts = (event.model_dump_json().encode() for event in events)
    room = limit - len(head) - len(tail)
    for batch in batches(texts, size_of=lambda text: len(text) + len(comma), most_bytes=room):
        yield head + comma.join(batch) + tail
