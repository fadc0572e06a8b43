"""Sends frames from the listener `one`, and returns the events that it receives in response."""

import json
from typing import Any

from face_websocket.main import handler

from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.stream import websocket_event


def send(endpoint: Endpoint, body: str, seconds: float = 30) -> list[dict[str, Any]]:
    """Send a frame from the listener `one`, and return what it receives."""
    before = len(endpoint.frames["one"])
    assert handler(websocket_event("$default", body=body), Context(seconds)) == {"statusCode": 200}
    return [event for frame in endpoint.frames["one"][before:] for event in json.loads(frame)["events"]]
