"""The sample events, their functions, and the expected responses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from face_api.models import Health

from infra import ROOT
from infra.parameters import installed_models

EVENTS: Final = ROOT / "events"
_HEALTH: Final = Health(status="ok", detectors=installed_models()).model_dump_json()
_TAKEN: Final[dict[str, list[str]]] = {"batchItemFailures": []}


@dataclass(frozen=True)
class Case:
    function: str
    event: Path
    response: Any

    def __str__(self) -> str:
        return f"{self.event.parent.name}/{self.event.stem}"


def _case(function: str, name: str, response: object) -> Case:
    return Case(f"{function}Function", EVENTS / f"{name}.json", response)


# Only these parts of a response are compared.
CASES: Final = (
    _case("Api", "api/get-health", {"statusCode": 200, "body": _HEALTH}),
    _case("Api", "api/post-image", {"statusCode": 202}),
    # The job is unknown here, so its original is removed.
    _case("Detector", "detector/s3-put", None),
    _case("Detector", "detector/s3-test", None),
    _case("Detector", "detector/sqs-original", _TAKEN),
    _case("Detector", "detector/sqs-test", _TAKEN),
    _case("Detector", "detector/direct", {"failure": None, "image": {"width": 256, "height": 256, "format": "jpeg"}}),
    _case("DeadLetter", "deadletter/sqs-original", _TAKEN),
    _case("Broadcaster", "broadcaster/stream-completed", _TAKEN),
    _case("Broadcaster", "broadcaster/stream-failed", _TAKEN),
    _case("Broadcaster", "broadcaster/sqs-replay", _TAKEN),
    # The file no longer exists, so it is ignored.
    _case("Intake", "intake/sqs-dropped", _TAKEN),
    _case("Notifier", "notifier/stream-completed", _TAKEN),
    _case("Notifier", "notifier/stream-deleted", _TAKEN),
    _case("Notifier", "notifier/sqs-refused", _TAKEN),
    _case("WebSocket", "websocket/connect", {"statusCode": 200}),
    # The response cannot be delivered because there is no listener; this does not count as a failure.
    _case("WebSocket", "websocket/ping", {"statusCode": 200}),
    _case("WebSocket", "websocket/disconnect", {"statusCode": 200}),
)


def agrees(response: object, expected: object) -> bool:
    """Return whether a response contains at least the expected parts."""
    if isinstance(expected, dict):
        return isinstance(response, dict) and all(
            key in response and agrees(response[key], value) if value else response.get(key) == value
            for key, value in expected.items()
        )
    return response == expected
