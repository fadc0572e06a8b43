"""Listeners of a stack that requires keys: tickets, and no events of another owner's jobs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from facelib.domain.access import digest_of
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from infra import ROOT
from tests.support.keys import Holder, completed, holder
from tests.support.stack import TIMEOUT_SECONDS, Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("closed")]


def test_only_an_unused_and_unexpired_ticket_admits(closed_stack: Stack, alice: Holder) -> None:
    used, late = alice.ticket(), alice.ticket()
    with connect(f"{closed_stack.ws_url}?ticket={used}", open_timeout=TIMEOUT_SECONDS):
        pass
    closed_stack.aws.client("dynamodb").update_item(
        TableName=closed_stack.outputs["AccessTableName"],
        Key={"record_id": {"S": f"ticket#{digest_of(late)}"}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00.000000Z"}},
    )
    for query in ("", "?ticket=", "?ticket=nonsense", f"?ticket={used}", f"?ticket={late}", f"?ticket={alice.key}"):
        url = closed_stack.ws_url + query
        with pytest.raises(InvalidStatus) as refused, connect(url, open_timeout=TIMEOUT_SECONDS):
            pass
        assert refused.value.response.status_code in (401, 403), query


def test_a_ticket_redeemed_by_many_at_once_admits_one(closed_stack: Stack, alice: Holder) -> None:
    ticket = alice.ticket()

    def gets_in(_: int) -> bool:
        try:
            with connect(f"{closed_stack.ws_url}?ticket={ticket}", open_timeout=TIMEOUT_SECONDS):
                return True
        except InvalidStatus:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(gets_in, range(8))) == 1


def _heard(frames: Iterator[str | bytes]) -> Iterator[dict[str, Any]]:
    for frame in frames:
        yield from json.loads(frame)["events"]


def test_listeners_receive_events_of_their_owners_jobs_only(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    """This also applies to replays and to subscriptions to another owner's job. All keys of an owner share events."""
    before = completed(alice)
    with alice.listening() as first, holder(closed_stack, "alice").listening() as second, bob.listening() as other:
        other.send(json.dumps({"action": "subscribe", "job_id": before}))
        other.send(json.dumps({"action": "replay", "limit": 100}))
        other.send(json.dumps({"action": "subscribe", "job_id": None}))
        other.send(json.dumps({"action": "replay", "limit": 100}))
        during = completed(alice)
        for socket in (first, second):
            assert next(event for event in _heard(iter(socket)) if event["job_id"] == during)
        own = completed(bob)
        heard = []
        for event in _heard(iter(other)):
            if event["type"].startswith("job."):
                heard.append(event["job_id"])
            if event.get("job_id") == own:
                break
    assert not {before, during} & set(heard)


def test_a_connection_ends_with_its_key(closed_stack: Stack) -> None:
    gone = holder(closed_stack, "carol")
    with gone.listening() as socket:
        revoke = [sys.executable, "-m", "infra", "revoke", "--port", str(closed_stack.local_stack.port)]
        done = subprocess.run(
            [*revoke, gone.stored.key_id], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
        )
        assert "revoked" in done.stdout
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=TIMEOUT_SECONDS)
    expired = holder(closed_stack, "carol")
    with expired.listening() as socket:
        expired.change(expires_at=datetime.now(UTC))
        socket.send('{"action": "ping"}')
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=TIMEOUT_SECONDS)
