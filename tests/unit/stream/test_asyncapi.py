"""docs/asyncapi.json matches the models and the frames that are sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest
from face_websocket.asyncapi import MESSAGES, document, text
from face_websocket.requests import RequestInvalid, read_request
from facelib.domain import limits
from facelib.messages.events import ErrorEvent, EventType, Frame, JobDeleted, Pong, Subscribed, event_of, frames
from pydantic import ValidationError

from tests.support.stream import ended_job

FROM_THE_SERVICE = ("jobEvents", "connected", "pong", "subscribed", "error")
FROM_LISTENERS = ("hello", "subscribe", "replay", "ping")


def test_the_committed_document_matches_the_models(repository: Path) -> None:
    assert (repository / "docs/asyncapi.json").read_text() == text(), "run `make schemas` and commit the result"


def matching(frame: Any) -> list[str]:
    """Return the names of the messages whose schema a frame matches."""
    described = document()
    schemas = {"components": {"schemas": described["components"]["schemas"]}}
    messages = described["components"]["messages"]
    return [
        name
        for name, message in messages.items()
        if jsonschema.Draft202012Validator(schemas | message["payload"]).is_valid(frame)
    ]


def test_every_kind_of_message_is_described() -> None:
    assert set(MESSAGES) == {*FROM_THE_SERVICE, *FROM_LISTENERS}
    (events,) = (argument for argument in get_args(Frame.model_fields["events"].annotation) if argument is not ...)
    described = {model for name in FROM_THE_SERVICE for model in MESSAGES[name].models}
    assert described == set(get_args(events))


@pytest.mark.parametrize("name", MESSAGES)
def test_every_example_matches_only_its_own_message(name: str) -> None:
    for example in MESSAGES[name].examples:
        assert matching(example.payload) == [name], example.name


def test_examples_are_valid_requests_and_responses() -> None:
    for name in FROM_THE_SERVICE:
        for example in MESSAGES[name].examples:
            Frame.model_validate(example.payload)
    for name in FROM_LISTENERS:
        for example in MESSAGES[name].examples:
            read_request(json.dumps(example.payload))
    shown = {event["type"] for example in MESSAGES["jobEvents"].examples for event in example.payload["events"]}
    assert shown == set(EventType)


def test_frames_to_listeners_are_described() -> None:
    events = [event_of(ended_job(failed=failed), "https://faces.example") for failed in (False, True)]
    (frame,) = frames([*events, JobDeleted(event_id="e", job_id="j")], limits.FRAME_BYTES)
    assert matching(json.loads(frame)) == ["jobEvents"]
    for event, name in ((Pong(), "pong"), (Subscribed(job_id=None), "subscribed"), (ErrorEvent(detail="no"), "error")):
        assert matching(Frame(events=(event,)).model_dump(mode="json")) == [name]


@pytest.mark.parametrize(
    "frame",
    [
        '{"action": "ping"}',
        '{"action": "subscribe", "job_id": null}',
        '{"action": "replay", "limit": 20}',
        '{"action": "replay", "after": "20260101T000000.000000Z-00000000"}',
        '{"action": "dance"}',
        '{"action": "replay", "limit": 101}',
        '{"action": "replay", "limit": 0}',
    ],
)
def test_the_document_describes_exactly_the_requests_that_the_service_accepts(frame: str) -> None:
    try:
        read_request(frame)
    except (RequestInvalid, ValidationError):
        assert matching(json.loads(frame)) == []
    else:
        assert matching(json.loads(frame)) == [json.loads(frame)["action"]]


def test_every_reference_can_be_resolved() -> None:
    described = document()
    for reference in references(described):
        node = described
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
