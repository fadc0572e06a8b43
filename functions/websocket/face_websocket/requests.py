"""Requests of a listener: the query of the URL that it connects to, then JSON frames."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from facelib.domain import limits, object_keys
from facelib.domain.frozen import Frozen
from facelib.domain.validation import describe_errors
from facelib.messages.events import EVENT_ID_PATTERN, event_id_before
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator


class RequestInvalid(Exception):
    """A listener's request is not valid; the message states what is allowed."""


def _job_id(text: str) -> str:
    if not object_keys.is_job_id(text):
        raise ValueError("not a job id")
    return text


def _event_id(text: str) -> str:
    try:
        event_id_before(text, limits.REPLAY_OVERLAP_SECONDS)
    except (ValueError, OverflowError):
        raise ValueError("not an event id") from None
    return text


JobId = Annotated[str, AfterValidator(_job_id), Field(description="A job's id: a UUID in lower case.")]
EventId = Annotated[
    str,
    Field(pattern=EVENT_ID_PATTERN, description="The `event_id` of an event, unchanged."),
    AfterValidator(_event_id),
]
Limit = Annotated[int, Field(ge=1, le=limits.REPLAY_LIMIT, description="Number of latest events to replay.")]


class ConnectQuery(Frozen):
    """The query of the WebSocket's address: `?job_id=...&replay=20&after=...`."""

    job_id: JobId | None = None
    replay: Limit | None = None
    after: EventId | None = None
    ticket: (
        Annotated[str, Field(max_length=100, description="From `POST /stream-tickets`; the authorizer reads it.")]
        | None
    ) = None


class Subscribe(Frozen):
    """Receive the events of one job only; null returns to all jobs."""

    action: Literal["subscribe"]
    job_id: JobId | None


class ReplayRequest(Frozen):
    """Receive the latest `limit` events again, or all events since `after`; send one of the two."""

    action: Literal["replay"]
    limit: Limit = limits.REPLAY_DEFAULT
    after: EventId | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReplayRequest":
        if self.after and "limit" in self.model_fields_set:
            raise ValueError("send either limit or after")
        return self


class Hello(Frozen):
    """Request the position of the stream at the time of connecting, to resume from there; must be the first frame."""

    action: Literal["hello"]


class Ping(Frozen):
    """Prevent the connection from being closed as idle; the response is a pong."""

    action: Literal["ping"]


Request = Annotated[Hello | Subscribe | ReplayRequest | Ping, Field(discriminator="action")]
REQUEST: Final[TypeAdapter[Request]] = TypeAdapter(Request)


def read_query(query: Mapping[str, str] | None) -> ConnectQuery:
    """Parse the query of `$connect`. Raises RequestInvalid."""
    try:
        return ConnectQuery.model_validate(query or {})
    except ValidationError as error:
        raise RequestInvalid(_describe(error)) from None


def read_request(body: str) -> Request:
    """Parse a frame. Raises RequestInvalid."""
    if len(body) > limits.JSON_BYTES:
        raise RequestInvalid(f"The frame is too large; send at most {limits.JSON_BYTES:,} bytes.")
    try:
        return REQUEST.validate_json(body)
    except ValidationError as error:
        raise RequestInvalid(_describe(error)) from None


def _describe(error: ValidationError) -> str:
    kind = error.errors()[0]["type"]
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return 'Unknown action. Send {"action": ...} with hello, subscribe, replay or ping.'
    if kind in ("json_invalid", "model_attributes_type", "dict_type", "model_type"):
        return 'This is not a JSON object. Send {"action": ...} with hello, subscribe, replay or ping.'
    return describe_errors(error)
