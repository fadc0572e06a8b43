"""The files in events/ have the form that AWS documents, so that `make invoke` uses realistic events.

They are checked against Powertools' models of events, which follow AWS's documentation, and botocore's model of a
stream record.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import botocore.session
import pytest
from aws_lambda_powertools.utilities.parser import models
from botocore.model import StructureShape
from botocore.validate import ParamValidator
from pydantic import BaseModel

from infra import ROOT
from infra.template import functions

EVENTS: Final = ROOT / "events"
FILES: Final = sorted(EVENTS.glob("*/*.json"))
# There are no models for S3's test event or for calls between the functions.
S3_TEST: Final = {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
OWN: Final = {"detector/direct.json"}
WEBSOCKET: Final = {
    "CONNECT": models.APIGatewayWebSocketConnectEventModel,
    "DISCONNECT": models.APIGatewayWebSocketDisconnectEventModel,
    "MESSAGE": models.APIGatewayWebSocketMessageEventModel,
}
# Fields of a $connect event that Powertools does not define.
QUERY: Final = {".queryStringParameters", ".multiValueQueryStringParameters"}
STREAM_RECORD: Final = botocore.session.get_session().get_service_model("dynamodbstreams").shape_for("StreamRecord")


def read(path: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(path.read_text())
    return event


def model_of(event: dict[str, Any]) -> type[BaseModel] | None:
    """Return the model for the source of an event; None for S3's test event."""
    if event.keys() == S3_TEST:
        return None
    if "Records" in event:
        sources = {"aws:sqs": models.SqsModel, "aws:dynamodb": models.DynamoDBStreamModel, "aws:s3": models.S3Model}
        (source,) = {record["eventSource"] for record in event["Records"]}
        return sources[source]
    if event.get("version") == "2.0":
        return models.APIGatewayProxyEventV2Model
    return WEBSOCKET[event["requestContext"]["eventType"]]


def unknown(model: type[BaseModel], value: Any, path: str = "") -> Iterator[str]:
    """Yield the fields of an event that its model does not define."""
    if isinstance(value, list):
        for one in value:
            yield from unknown(model, one, path)
    elif isinstance(value, dict):
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        yield from (f"{path}.{name}" for name in value if name not in fields)
        for name in fields.keys() & value.keys():
            if inner := _inner(fields[name].annotation):
                yield from unknown(inner, value[name], f"{path}.{name}")


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [inner for one in get_args(annotation) if (inner := _inner(one))]
    return found[0] if len(found) == 1 else None


def bodies(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the messages from S3 that an SQS event contains."""
    records = [json.loads(record["body"]) for record in event.get("Records", ()) if "body" in record]
    return [body for body in records if "Records" in body or body.keys() == S3_TEST]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_event_has_the_form_that_aws_documents(path: Path) -> None:
    if f"{path.parent.name}/{path.name}" in OWN:
        return
    for event in (read(path), *bodies(read(path))):
        if model := model_of(event):
            model.model_validate(event)
            assert set(unknown(model, event)) <= (QUERY if model is WEBSOCKET["CONNECT"] else set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_message_contains_the_digest_of_its_body(path: Path) -> None:
    for record in read(path).get("Records", ()):
        if "body" in record:
            digest = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
            assert record["md5OfBody"] == digest


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*/stream-*.json")), ids=lambda path: path.name)
def test_a_stream_record_has_the_form_of_dynamodb(path: Path) -> None:
    assert isinstance(STREAM_RECORD, StructureShape)
    for record in read(path)["Records"]:
        report = ParamValidator().validate(record["dynamodb"], STREAM_RECORD)
        assert not report.has_errors(), report.generate_report()
        assert record["dynamodb"].keys() <= STREAM_RECORD.members.keys()


def test_every_function_with_an_event_source_has_example_events() -> None:
    called = {function.name for function in functions() if function.properties.get("Events")}
    folders = {f"{folder.name}function" for folder in EVENTS.iterdir()}
    assert {name.lower() for name in called} <= folders
