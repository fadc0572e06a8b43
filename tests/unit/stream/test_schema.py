"""docs/websocket.schema.json says what the models say, and its frames are those that travel."""

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from face_websocket.schema import schema, text
from facelib import limits
from facelib.events import ErrorEvent, Frame, JobDeleted, Pong, Subscribed, event_of, frames

from tests.support.stream import ended_job


def test_the_committed_schema_is_the_models(repository: Path) -> None:
    committed = (repository / "docs/websocket.schema.json").read_text()

    assert committed == text(), "run: make schemas"


@pytest.fixture
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_what_is_sent_to_listeners_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    events = [event_of(ended_job(failed=failed), "https://faces.example") for failed in (False, True)]
    answers = Frame(
        events=(JobDeleted(event_id="e", job_id="j"), Pong(), Subscribed(job_id=None), ErrorEvent(detail="no"))
    )

    for frame in (*frames(events, limits.FRAME_BYTES), answers.model_dump_json().encode()):
        validator.validate(json.loads(frame))


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"action": "ping"}', True),
        ('{"action": "subscribe", "job_id": null}', True),
        ('{"action": "replay", "limit": 20}', True),
        ('{"action": "replay", "after": "20260101T000000.000000Z-00000000"}', True),
        ('{"action": "dance"}', False),
        ('{"action": "replay", "limit": 101}', False),
        ('{"events": [{"type": "job.started"}]}', False),
    ],
)
def test_what_listeners_may_send(text: str, valid: bool, validator: jsonschema.Draft202012Validator) -> None:
    assert validator.is_valid(json.loads(text)) is valid
