"""Generates the stream's AsyncAPI 3 document from the models: `python -m face_websocket.asyncapi`.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

import json
import sys
from dataclasses import dataclass
from typing import Any, Final

from facelib.domain import limits
from facelib.domain.frozen import Frozen
from facelib.messages.events import Connected, ErrorEvent, JobCorrected, JobDeleted, JobEnded, Pong, Subscribed
from pydantic.json_schema import models_json_schema

from face_websocket import examples
from face_websocket.requests import ConnectQuery, Hello, Ping, ReplayRequest, Subscribe

_REQUESTS: Final = (Hello, Subscribe, ReplayRequest, Ping)
_EVENTS: Final = (JobEnded, JobCorrected, JobDeleted, Connected, Pong, Subscribed, ErrorEvent)
_CHANNEL: Final = "#/channels/stream"

_DESCRIPTION: Final = f"""Sends an event when one of your jobs is completed, fails, is corrected or is deleted.

**Connecting.** Open a WebSocket at the server's address, which `GET /limits` returns as `stream_url`. The query may
limit the stream to one job and request a replay. If `access` in `GET /limits` is `keys`, get a ticket first: `POST
/stream-tickets` with the key as `Authorization: Bearer fc_...`, then connect with `?ticket=` within
{limits.TICKET_SECONDS} seconds. A ticket is valid for one connection. Keys must never appear in a URL.

**Refused handshakes.** The status is 400 for an invalid query, 401 without a ticket, 403 for an unknown, used or
expired ticket or for a web page of another origin, and 429 if an owner has more than {limits.LISTENERS_OF_OWNER:,}
connections. (The local stack responds with 403 instead of 400 and 429.)

**Frames** are JSON text. Those that you receive are `{{"events": [...]}}`, at most {limits.FRAME_BYTES:,} bytes, with
the oldest event first. Ignore types that you do not know.

**Delivery.** Events are delivered at least once: normally once, more than once after a failure or in a replay. An
event is new if its `event_id` is larger than that of the last event you have seen for its job.

**Staying connected.** Send a ping every few minutes. If the connection is lost, reconnect with exponential backoff and
jitter, a new ticket, and `?after=` with the largest `event_id` you have seen. If you have not seen any, use the
`position` from the `connected` frame (the response to `hello`). Drop events that are older than that position, unless
you requested a replay.

**Close codes.** 1000: the key was revoked or has expired. 1001: the connection was idle, or has reached its maximum
duration. 1009: you sent a frame of more than 32 KB. 1006: the network failed. Reconnect after all codes except 1000.
"""

_SERVERS: Final = {
    "aws": {
        "host": "{api}.execute-api.{region}.amazonaws.com",
        "pathname": "/ws",
        "protocol": "wss",
        "title": "On AWS",
        "description": "`GET /limits` of your deployment returns the whole address.",
        "variables": {"api": {"description": "Id of the WebSocket API."}, "region": {"default": "us-east-1"}},
        "security": [{"$ref": "#/components/securitySchemes/ticket"}],
    },
    "local": {
        "host": "localhost:4566",
        "pathname": "/_aws/execute-api/face0002/ws",
        "protocol": "ws",
        "title": "The local stack",
        "description": "`make run` prints the address; no ticket is needed unless it was started with `Access=keys`.",
    },
}
_TICKET: Final = {
    "type": "httpApiKey",
    "name": "ticket",
    "in": "query",
    "description": "From `POST /stream-tickets`; valid for one connection and for one minute.",
}


@dataclass(frozen=True)
class _Message:
    """A frame, which contains either one request or events of these kinds."""

    title: str
    summary: str
    models: tuple[type[Frozen], ...]
    examples: tuple[examples.Example, ...]

    def describe(self) -> dict[str, Any]:
        references = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in self.models]
        return {
            "title": self.title,
            "summary": self.summary,
            "contentType": "application/json",
            "payload": references[0] if self.models[0] in _REQUESTS else _frame_of(references),
            "examples": [{"name": one.name, "summary": one.summary, "payload": one.payload} for one in self.examples],
        }


def _frame_of(events: list[dict[str, str]]) -> dict[str, Any]:
    items = events[0] if len(events) == 1 else {"anyOf": events}
    return {
        "type": "object",
        "required": ["events"],
        "properties": {"events": {"type": "array", "minItems": 1, "items": items}},
        "additionalProperties": False,
    }


MESSAGES: Final = {
    "jobEvents": _Message(
        "Events of jobs",
        "Jobs that completed or failed, or were corrected or deleted.",
        (JobEnded, JobCorrected, JobDeleted),
        examples.JOB_EVENTS,
    ),
    "connected": _Message(
        "Connected", "The response to hello: the position of the stream.", (Connected,), examples.CONNECTED
    ),
    "pong": _Message("Pong", "The response to ping.", (Pong,), examples.PONG),
    "subscribed": _Message("Subscribed", "The response to subscribe.", (Subscribed,), examples.SUBSCRIBED),
    "error": _Message(
        "Error",
        "The response to an invalid frame; the connection stays open.",
        (ErrorEvent,),
        examples.ERROR,
    ),
    "hello": _Message("Hello", "Request the position of the stream.", (Hello,), examples.HELLO),
    "subscribe": _Message(
        "Subscribe", "Receive events of one job, or go back to those of all jobs.", (Subscribe,), examples.SUBSCRIBE
    ),
    "replay": _Message("Replay", "Request a replay of events.", (ReplayRequest,), examples.REPLAY),
    "ping": _Message("Ping", "Keep an idle connection open.", (Ping,), examples.PING),
}


def _operation(
    action: str, summary: str, message: str, replies: tuple[str, ...] = (), description: str = ""
) -> dict[str, Any]:
    def these(*names: str) -> dict[str, Any]:
        return {
            "channel": {"$ref": _CHANNEL},
            "messages": [{"$ref": f"{_CHANNEL}/messages/{name}"} for name in names],
        }

    return {
        "action": action,
        "summary": summary,
        **({"description": description} if description else {}),
        **these(message),
        **({"reply": these(*replies)} if replies else {}),
    }


# "send" and "receive" are from the service's point of view.
_OPERATIONS: Final = {
    "sendJobEvents": _operation(
        "send",
        "Notify listeners of jobs that ended, were corrected or were deleted.",
        "jobEvents",
        description="Sent to every connection of the job's owner that is subscribed to all jobs or to this one. "
        "A deletion can also be replayed, until the job would have expired.",
    ),
    "receiveHello": _operation(
        "receive",
        "Respond with the position of the stream.",
        "hello",
        ("connected", "error"),
        "Send it as the first frame when you connect for the first time, and keep `position`: if the connection is "
        "lost before the first event, reconnect with it as `after`. It contains the time at which you connected, by "
        "the service's clock, so your own clock does not matter. It is sent only on request, because API "
        "Gateway cannot send frames during the handshake.",
    ),
    "receiveSubscribe": _operation(
        "receive",
        "Receive events of one job only, or go back to those of all jobs.",
        "subscribe",
        ("subscribed", "error"),
    ),
    "receiveReplay": _operation(
        "receive",
        "Receive the latest events again, or all events after a given one.",
        "replay",
        ("jobEvents", "error"),
        f"A replay `after` an event starts {limits.REPLAY_OVERLAP_SECONDS} seconds before it, so that none is missed. "
        "If there are no such events, nothing is sent. A connection can have one replay at a time.",
    ),
    "receivePing": _operation("receive", "Answer a ping.", "ping", ("pong", "error")),
}


def document() -> dict[str, Any]:
    _, schemas = models_json_schema(
        [
            *((model, "validation") for model in (*_REQUESTS, ConnectQuery)),
            *((one, "serialization") for one in _EVENTS),
        ],
        ref_template="#/components/schemas/{model}",
    )
    components = schemas["$defs"]
    # Not a reference, because AsyncAPI's schema does not allow one here.
    query = components.pop(ConnectQuery.__name__)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Facecast: the live stream", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {
            "stream": {
                "address": "/",
                "title": "The live stream",
                "description": "One connection for both directions.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in MESSAGES},
                "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
            }
        },
        "operations": _OPERATIONS,
        "components": {
            "messages": {name: message.describe() for name, message in MESSAGES.items()},
            "schemas": components,
            "securitySchemes": {"ticket": _TICKET},
        },
    }


def text() -> str:
    return json.dumps(document(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
