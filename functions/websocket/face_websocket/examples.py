"""Examples of every frame, created from the models, so that they are valid."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from facelib.domain.job import EXAMPLE_ID, PUBLIC_OWNER, Failure, FailureReason, Job, Status, Tombstone
from facelib.messages.events import (
    Connected,
    ErrorEvent,
    Frame,
    JobCorrected,
    JobDeleted,
    JobEnded,
    Pong,
    Subscribed,
    event_of,
    new_event_id,
    position_at,
)

from face_websocket.requests import Hello, Ping, ReplayRequest, RequestInvalid, Subscribe, read_request

_ENDED: Final = datetime(2026, 11, 24, 9, 30, 0, 412_000, UTC)
_URL: Final = "https://api.example.com"
_EVENT_ID: Final = new_event_id(_ENDED, EXAMPLE_ID)


@dataclass(frozen=True)
class Example:
    name: str
    summary: str
    payload: dict[str, Any]


def _ended(**outcome: object) -> Job:
    """Return a job that has ended with this outcome."""
    return Job.model_validate(
        {
            "job_id": EXAMPLE_ID,
            "owner": PUBLIC_OWNER,
            "created_at": _ENDED - timedelta(milliseconds=412),
            "completed_at": _ENDED,
            "expires_at": _ENDED + timedelta(days=1),
            "event_id": _EVENT_ID,
            **outcome,
        }
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
    raise ValueError(f"this example of an invalid request is valid: {frame}")


_COMPLETED_JOB: Final = _ended(status=Status.COMPLETED, face_count=3)
_COMPLETED: Final = event_of(_COMPLETED_JOB, _URL)
_FAILURE: Final = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file is incomplete. Send it again.")
_FAILED: Final = event_of(_ended(status=Status.FAILED, failure=_FAILURE), _URL)
_CORRECTION_ID: Final = new_event_id(_ENDED + timedelta(minutes=3), EXAMPLE_ID)
_CORRECTED: Final = event_of(_COMPLETED_JOB.model_copy(update={"event_id": _CORRECTION_ID}), _URL)
_DELETION_ID: Final = new_event_id(_ENDED + timedelta(minutes=5), EXAMPLE_ID)
_DELETED: Final = event_of(Tombstone(job_id=EXAMPLE_ID, owner=PUBLIC_OWNER, event_id=_DELETION_ID), _URL)

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
HELLO: Final = (_sent("hello", "The first frame when you connect for the first time.", Hello(action="hello")),)
SUBSCRIBE: Final = (
    _sent("one", "Receive events of this job only.", Subscribe(action="subscribe", job_id=EXAMPLE_ID)),
    _sent("all", "Go back to receiving events of all jobs.", Subscribe(action="subscribe", job_id=None)),
)
REPLAY: Final = (
    _sent("latest", "The latest events again.", ReplayRequest(action="replay", limit=20)),
    _sent("after", "All events since the last one you have seen.", ReplayRequest(action="replay", after=_EVENT_ID)),
)
PING: Final = (_sent("ping", "Every few minutes.", Ping(action="ping")),)
