"""`make logs` prints each line once and in order, including lines that arrive late."""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra import logs
from infra.__main__ import main
from infra.template import Resource
from tests.support.account import empty_account

GROUP = "/facecast/detector"


@pytest.fixture
def client() -> Iterator[Any]:
    with empty_account():
        client = boto3.client("logs", region_name="us-east-1")
        client.create_log_group(logGroupName=GROUP)
        client.create_log_stream(logGroupName=GROUP, logStreamName="one")
        yield client


def put(client: Any, *lines: str, at: int) -> None:
    events = [{"timestamp": at, "message": line} for line in lines]
    client.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)


def test_each_line_is_printed_once_including_late_ones(client: Any) -> None:
    now = int(time.time() * 1_000)
    put(client, "long ago", at=now - 100_000)
    put(client, "first\n", at=now)
    lines = logs.LogGroup(GROUP, client, poll_seconds=0).follow(now - 50_000)
    assert next(lines) == "first"
    put(client, "second", at=now + 1)
    assert next(lines) == "second"
    put(client, "late", at=now - 5_000)
    put(client, "third", at=now + 2)
    assert list(islice(lines, 2)) == ["late", "third"]


def test_lines_of_the_same_millisecond_stay_in_order(client: Any) -> None:
    now = int(time.time() * 1_000)
    written = [f"line {number}" for number in range(20)]
    put(client, *written, at=now)
    assert list(islice(logs.LogGroup(GROUP, client).follow(now), 20)) == written


def test_lines_without_ids_are_distinguished() -> None:
    """The local stack's events do not have ids."""
    event = {"logStreamName": "one", "timestamp": 1, "message": "a"}
    assert logs._identity(event) == logs._identity(dict(event))
    assert logs._identity(event) != logs._identity({**event, "message": "b"})


def test_an_error_from_aws_is_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_function: Resource, _clients: boto3.Session, stack: str) -> None:
        raise ClientError({"Error": {"Code": "ValidationError", "Message": f"{stack} is not there"}}, "Describe")

    monkeypatch.setattr(logs, "deployed_configuration", refuse)
    assert main(["logs", "Detector", "--environment", "prod"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The log cannot be read: ")
    assert line.endswith("facecast-prod is not there")
