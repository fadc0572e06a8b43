"""For any input, the parsers of events return a value or raise the expected error, and no handler crashes.

To try more inputs: `pytest tests/unit/test_event_parsers.py --examples 100000 -o timeout=1000`.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from face_authorizer import main as authorizer
from face_deadletter import main as deadletter
from face_detector import main as detector
from face_intake import main as intake
from face_intake.drops import drops
from face_intake.metadata import read_options
from face_websocket.requests import RequestInvalid, read_query, read_request
from facelib.domain.access import Identity
from facelib.domain.errors import ImageRejected
from facelib.messages.deliveries import MESSAGE
from facelib.messages.s3_events import originals_created
from facelib.stream.job_stream import event_of_record, job_id_of_record
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.account import Cloud
from tests.support.context import Context
from tests.support.properties import hold

# Any JSON value, including half of a surrogate pair.
TEXTS = st.text(st.characters(), max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


def like(example: Any) -> st.SearchStrategy[Any]:
    """Return values that resemble an event: they have its fields, but any field may be missing or have any value."""
    if isinstance(example, dict):
        parts = st.fixed_dictionaries({}, optional={name: like(value) for name, value in example.items()})
        return st.one_of(parts, parts, parts, JSON)
    if isinstance(example, list):
        return st.lists(like(example[0]), max_size=2) | JSON
    return st.just(example) | JSON


S3_EVENT = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": "originals"},
                "object": {"key": "inbox/alice/a+b%2F.jpg", "size": 5, "eTag": "e", "sequencer": "1"},
            },
            "retry": 1,
        }
    ]
}
JOB_ID = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"
RECORD = {
    "eventID": "1",
    "dynamodb": {
        "Keys": {"job_id": {"S": JOB_ID}},
        "SequenceNumber": "1",
        "OldImage": {"status": {"S": "processing"}},
        "NewImage": {
            "job_id": {"S": JOB_ID},
            "owner": {"S": "public"},
            "status": {"S": "completed"},
            "created_at": {"S": "2026-11-24T09:30:00.000000Z"},
            "expires_at": {"S": "2026-11-25T09:30:00.000000Z"},
            "completed_at": {"S": "2026-11-24T09:30:01.000000Z"},
            "event_id": {"S": "x"},
            "face_count": {"N": "1"},
            "options": {"S": "{}"},
            "image": {"S": '{"width":1,"height":1,"format":"jpeg","bytes":1}'},
            "faces": {"S": "[]"},
        },
    },
}
FRAME = {"action": "replay", "limit": 5, "after": "x", "job_id": JOB_ID}
DELIVERY = {"kind": "delivery", "owner": "a", "frames": ["{}"], "connection_ids": ["c"], "attempt": 0}
REPLAY = {"kind": "replay", "owner": "a", "connection_id": "c", "limit": 3, "after": None}
MALFORMED = (LookupError, TypeError, ValueError, AttributeError)


def test_a_frame_is_read_or_refused(examples: int) -> None:
    def read(body: str) -> None:
        with contextlib.suppress(RequestInvalid):
            read_request(body)

    hold(examples, TEXTS | like(FRAME).map(json.dumps), read)
    hold(examples, st.integers(1, 3_000).map(lambda deep: "[" * deep), read)


def test_a_query_is_read_or_refused(examples: int) -> None:
    names = st.sampled_from(["job_id", "replay", "after", "ticket"]) | TEXTS

    def read(query: dict[str, str] | None) -> None:
        with contextlib.suppress(RequestInvalid):
            read_query(query)

    hold(examples, st.none() | st.dictionaries(names, TEXTS | st.just(JOB_ID), max_size=4), read)


def test_metadata_of_a_dropped_file_is_read_or_rejected(examples: int) -> None:
    names = st.sampled_from(["render", "min-confidence", "max-faces", "size", "faces-json", "blur-strength"])
    values = TEXTS | st.sampled_from(["blur", "boxes,blur", "0.5", "nan", "1e999", "-1", "true", "original", "", ","])

    def read(metadata: dict[str, str]) -> None:
        with contextlib.suppress(ImageRejected):
            read_options(metadata)

    hold(examples, st.dictionaries(names.map("facecast-{}".format) | TEXTS, values, max_size=4), read)


def test_a_message_of_the_delivery_queue_is_read_or_invalid(examples: int) -> None:
    def read(body: str) -> None:
        with contextlib.suppress(ValidationError):
            MESSAGE.validate_json(body)

    hold(examples, TEXTS | (like(DELIVERY) | like(REPLAY)).map(json.dumps), read)


def test_a_record_of_the_stream_is_read_or_malformed(examples: int) -> None:
    def read(record: Any) -> None:
        # The errors that the broadcaster and the notifier expect for a malformed record.
        with contextlib.suppress(LookupError, TypeError, ValueError):
            event_of_record(record, "https://faces.example")
        job_id_of_record(record)

    hold(examples, like(RECORD), read)


def test_an_event_of_s3_is_read_or_malformed(examples: int) -> None:
    def read(event: Any) -> None:
        for parse in (originals_created, drops):
            with contextlib.suppress(*MALFORMED):
                list(parse(event))

    hold(examples, like(S3_EVENT).filter(lambda event: isinstance(event, dict)), read)


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[dict[str, Any], Context], Any]]:
    """Return the handlers of S3 events, with fake use cases that accept any input."""
    accept = type("Accept", (), {name: lambda *_: None for name in ("process", "take", "fail_abandoned", "delete")})()
    monkeypatch.setattr(accept, "processing", accept, raising=False)
    monkeypatch.setattr(detector, "service", lambda: accept)
    monkeypatch.setattr(intake, "intake", lambda: accept)
    monkeypatch.setattr(deadletter, "claims", lambda: accept)
    return [detector.handler, intake.handler, deadletter.handler]


def test_a_malformed_message_stays_in_its_queue_and_does_not_block_others(
    handlers: list[Callable[[dict[str, Any], Context], Any]], examples: int
) -> None:
    def handle(bodies: list[str]) -> None:
        records = [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": body, "receiptHandle": "r"}
            for number, body in enumerate([*bodies, json.dumps({"Event": "s3:TestEvent"})])
        ]
        for handler in handlers:
            failures = {one["itemIdentifier"] for one in handler({"Records": records}, Context())["batchItemFailures"]}
            assert failures <= {str(number) for number in range(len(bodies))}

    hold(min(examples, 5_000), st.lists(TEXTS | like(S3_EVENT).map(json.dumps), max_size=2), handle)


@pytest.fixture
def _authorizer(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KEYS_TABLE", account.keys_table)
    monkeypatch.setenv("ACCESS_TABLE", account.access_table)
    authorizer.settings.cache_clear()
    yield
    authorizer.settings.cache_clear()


@pytest.mark.usefixtures("_authorizer")
def test_invalid_credentials_are_refused_without_an_error(examples: int) -> None:
    keys = (
        TEXTS | TEXTS.map("Bearer {}".format) | st.from_regex(r"(Bearer )?fc_[0-9a-z]{0,20}_\S{0,40}", fullmatch=True)
    )

    def identify(credentials: str) -> None:
        event = {"version": "2.0", "type": "REQUEST", "identitySource": [credentials], "headers": {}}
        response = authorizer.handler(event, Context())
        assert Identity.model_validate_json(response["context"]["identity"]).principal is None

    def connect(query: dict[str, str] | None) -> None:
        event = {"type": "REQUEST", "methodArn": "arn", "queryStringParameters": query}
        [statement] = authorizer.handler(event, Context())["policyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"

    hold(min(examples, 2_000), keys, identify)
    hold(min(examples, 2_000), st.none() | st.dictionaries(st.just("ticket") | TEXTS, TEXTS, max_size=2), connect)
