"""Examples of every frame, made from the models, so that they are valid."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from facelib.domain.job import EXAMPLE_ID, Failure, FailureReason, Status
from facelib.messages.events import (
    Connected,
    ErrorEvent,
    EventType,
    Frame,
    JobCorrected,
    JobDeleted,
    JobEnded,
    Pong,
    Subscribed,
    new_event_id,
    position_at,
)
from facelib.messages.links import processed_image_url

from face_websocket.requests import Hello, Ping, ReplayRequest, RequestInvalid, Subscribe, read_request

_ENDED: Final = datetime(2026, 11, 24, 9, 30, 0, 412_000, UTC)
_EVENT_ID: Final = new_event_id(_ENDED, EXAMPLE_ID)


@dataclass(frozen=True)
class Example:
    name: str
    summary: str
    payload: dict[str, Any]


def _ended(
    event_type: Literal[EventType.COMPLETED, EventType.FAILED], face_count: int | None, failure: Failure | None
) -> JobEnded:
    is_completed = event_type is EventType.COMPLETED
    return JobEnded(
        type=event_type,
        event_id=_EVENT_ID,
        job_id=EXAMPLE_ID,
        status=Status.COMPLETED if is_completed else Status.FAILED,
        face_count=face_count,
        processed_image_url=processed_image_url("https://api.example.com", EXAMPLE_ID) if is_completed else None,
        created_at=_ENDED - timedelta(milliseconds=412),
        completed_at=_ENDED,
        failure=failure,
    )


def _received(
    name: str, summary: str, *events: JobEnded | JobCorrected | JobDeleted | Connected | Pong | Subscribed | ErrorEvent
) -> Example:
    return Example(name, summary, Frame(events=events).model_dump(mode="json"))


def _sent(name: str, summary: str, request: Hello | Subscribe | ReplayRequest | Ping) -> Example:
    return Example(name, summary, request.model_dump(mode="json", exclude_unset=True))


def _refusal(frame: str) -> str:
    try:
        read_request(frame)
    except RequestInvalid as refused:
        return str(refused)
    raise ValueError(f"a valid request: {frame}")


_COMPLETED: Final = _ended(EventType.COMPLETED, 3, None)
_FAILED: Final = _ended(
    EventType.FAILED,
    None,
    Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file is incomplete. Send it again."),
)
_CORRECTED_AT: Final = _ENDED + timedelta(minutes=3)
_CORRECTED: Final = JobCorrected.model_validate(
    {
        **_COMPLETED.model_dump(exclude={"type"}),
        "event_id": new_event_id(_CORRECTED_AT, EXAMPLE_ID),
        "corrected_at": _CORRECTED_AT,
    }
)
_DELETED: Final = JobDeleted(event_id=new_event_id(_ENDED + timedelta(minutes=5), EXAMPLE_ID), job_id=EXAMPLE_ID)

JOB_EVENTS: Final = (
    _received("completed", "Three faces were found. Zero faces also counts as completed.", _COMPLETED),
    _received("failed", "The reason is in `failure`.", _FAILED),
    _received("corrected", "Results that hide faces were redrawn: download them again.", _CORRECTED),
    _received("deleted", "Delete your copies of this job's data.", _DELETED),
    _received("replayed", "Events that occur close together, or are replayed, share a frame.", _COMPLETED, _DELETED),
)
CONNECTED: Final = (
    _received("connected", "Resume from here.", Connected(position=position_at(_ENDED - timedelta(hours=1)))),
)
PONG: Final = (_received("pong", "The connection works.", Pong()),)
SUBSCRIBED: Final = (
    _received("one", "From now on, only events of this job.", Subscribed(job_id=EXAMPLE_ID)),
    _received("all", "From now on, events of all jobs.", Subscribed(job_id=None)),
)
ERROR: Final = (
    _received("unknownAction", "Unknown action.", ErrorEvent(detail=_refusal('{"action": "dance"}'))),
    _received(
        "outOfRange",
        "The response to an `action` with a number out of range.",
        ErrorEvent(detail=_refusal('{"action": "replay", "limit": 101}')),
    ),
)
HELLO: Final = (_sent("hello", "The first frame of a first connection.", Hello(action="hello")),)
SUBSCRIBE: Final = (
    _sent("one", "Receive events of this job only.", Subscribe(action="subscribe", job_id=EXAMPLE_ID)),
    _sent("all", "Receive events of all jobs again.", Subscribe(action="subscribe", job_id=None)),
)
REPLAY: Final = (
    _sent("latest", "The latest events again.", ReplayRequest(action="replay", limit=20)),
    _sent("after", "All events since the last one you have seen.", ReplayRequest(action="replay", after=_EVENT_ID)),
)
PING: Final = (_sent("ping", "Every few minutes.", Ping(action="ping")),)
