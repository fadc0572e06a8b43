"""A stack that asks for keys, on the real local stack: who gets in, and that other owners do not exist for them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from facelib.access import Refusal, digest_of
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from infra.local.layout import ROOT
from tests.support.keys import Holder, holder
from tests.support.photos import one_face
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("closed")]

PHOTO = one_face(256)
# Method, path, what is sent, the scope it takes, and the status for its owner.
CALLS: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("GET", "/jobs", {}, "read", 200),
    ("GET", "/jobs/{job}", {}, "read", 200),
    ("GET", "/jobs/{job}/processed-image", {}, "read", 302),
    ("POST", "/jobs/{job}/renders", {"json": {"render": "boxes"}}, "read", 200),
    ("POST", "/stream-tickets", {}, "read", 201),
    ("POST", "/image", {"content": PHOTO}, "send", 202),
    ("POST", "/uploads", {"json": {}}, "send", 201),
    ("POST", "/jobs/{job}/retry", {}, "manage", 409),
    ("DELETE", "/jobs/{job}", {}, "manage", 204),
]
PUBLIC = [
    "/",
    "/static/page.js",
    "/docs",
    "/swagger-ui/swagger-ui.css",
    "/openapi.json",
    "/asyncapi.json",
    "/health",
    "/limits",
]


@pytest.fixture(scope="module")
def alice(closed_stack: Stack) -> Holder:
    return holder(closed_stack, "alice")


@pytest.fixture(scope="module")
def bob(closed_stack: Stack) -> Holder:
    return holder(closed_stack, "bob")


def completed(owner: Holder) -> str:
    job = owner.request("POST", "/image", content=PHOTO, headers={"Prefer": "wait=20"})
    assert (job.status_code, job.json()["status"]) == (200, "completed"), job.text
    return str(job.json()["job_id"])


@pytest.fixture(scope="module")
def strangers(closed_stack: Stack, alice: Holder) -> dict[Refusal, str]:
    """Credentials that are refused, by the reason."""
    revoked = holder(closed_stack, "alice", revoked_at=datetime.now(UTC))
    expired = holder(closed_stack, "alice", expires_at=datetime.now(UTC))
    wrong = f"fc_{alice.stored.key_id}_{'0' * 64}"
    return {
        Refusal.MALFORMED: "Bearer nonsense",
        Refusal.UNKNOWN: f"Bearer {wrong}",
        Refusal.REVOKED: f"Bearer {revoked.key}",
        Refusal.EXPIRED: f"Bearer {expired.key}",
    }


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_public(closed_stack: Stack, path: str) -> None:
    assert closed_stack.http.get(path).status_code == 200
    own = {"Origin": closed_stack.local_stack.origins[0], "Access-Control-Request-Method": "POST"}
    preflight = closed_stack.http.options("/image", headers={**own, "Access-Control-Request-Headers": "authorization"})
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(("method", "path", "sent", "scope", "status"), CALLS)
def test_a_route(  # noqa: PLR0917 - a row of the table
    closed_stack: Stack,
    alice: Holder,
    bob: Holder,
    strangers: dict[Refusal, str],
    method: str,
    path: str,
    sent: dict[str, Any],
    scope: str,
    status: int,
) -> None:
    job_id = completed(alice)
    path = path.replace("{job}", job_id)
    assert closed_stack.http.request(method, path, **sent).status_code == 401
    for refusal, credentials in strangers.items():
        refused = closed_stack.http.request(method, path, headers={"Authorization": credentials}, **sent)
        assert (refused.status_code, refused.json()["detail"]) == (401, refusal)
        assert refused.headers["www-authenticate"].startswith("Bearer")
    others = ",".join({"send", "read", "manage"} - {scope})
    lacking = holder(closed_stack, "alice", others).request(method, path, **sent)
    assert lacking.status_code == 403, lacking.text
    theirs = bob.request(method, path, **sent)
    if job_id in path:
        assert theirs.status_code == 404
    else:
        assert job_id not in theirs.text
    assert holder(closed_stack, "alice", scope).request(method, path, **sent).status_code == status


def test_idempotency_keys_of_two_owners_never_meet(alice: Holder, bob: Holder) -> None:
    sent = {"content": PHOTO, "headers": {"Idempotency-Key": "same"}}
    first, second = (owner.request("POST", "/image", **sent).json()["job_id"] for owner in (alice, bob))
    assert first != second
    assert alice.request("POST", "/image", **sent).json()["job_id"] == first


def test_a_form_makes_a_job_of_its_owner(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    granted = alice.request("POST", "/uploads", json={}).json()
    assert closed_stack.post_form(granted["upload"], PHOTO).status_code == 204
    path = f"/jobs/{granted['job_id']}"
    wait_until(lambda: alice.request("GET", path).json()["status"] == "completed")
    assert bob.request("GET", path).status_code == 404


def test_tickets(closed_stack: Stack, alice: Holder) -> None:
    used, late = alice.ticket(), alice.ticket()
    with connect(f"{closed_stack.ws_url}?ticket={used}"):
        pass
    closed_stack.aws.client("dynamodb").update_item(
        TableName=closed_stack.outputs["AccessTableName"],
        Key={"record_id": {"S": f"ticket#{digest_of(late)}"}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00.000000Z"}},
    )
    for query in ("", "?ticket=", "?ticket=nonsense", f"?ticket={used}", f"?ticket={late}", f"?ticket={alice.key}"):
        with pytest.raises(InvalidStatus) as refused, connect(closed_stack.ws_url + query):
            pass
        assert refused.value.response.status_code in (401, 403), query


def test_a_ticket_that_many_try_at_once_lets_one_in(closed_stack: Stack, alice: Holder) -> None:
    ticket = alice.ticket()

    def gets_in(_: int) -> bool:
        try:
            with connect(f"{closed_stack.ws_url}?ticket={ticket}"):
                return True
        except InvalidStatus:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(gets_in, range(8))) == 1


def _heard(frames: Iterator[str | bytes]) -> Iterator[dict[str, Any]]:
    for frame in frames:
        yield from json.loads(frame)["events"]


def test_listeners_hear_of_their_owners_jobs_alone(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    """Also in a replay, and by subscribing to somebody else's job. Members of an owner hear each other."""
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
        revoke = [sys.executable, "-m", "infra.keys", "--port", str(closed_stack.local_stack.port), "revoke"]
        done = subprocess.run(
            [*revoke, gone.stored.key_id], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
        )
        assert "revoked" in done.stdout
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
    expired = holder(closed_stack, "carol")
    with expired.listening() as socket:
        expired.change(expires_at=datetime.now(UTC))
        socket.send('{"action": "ping"}')
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)


def test_the_quota_is_exact(closed_stack: Stack) -> None:
    dave = holder(closed_stack, "dave", daily=7)
    # Each may start a process of the API first; two busy processors take a minute for fifty.
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: dave.request("POST", "/uploads", json={}, timeout=150), range(50)))
    statuses = [response.status_code for response in responses]
    assert (statuses.count(201), statuses.count(429)) == (7, 43)
    assert dave.request("GET", "/usage").json()["images"] == 7
    refused = next(response for response in responses if response.status_code == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 86_400


def _rekognition(stack: Stack, key: str | None) -> Any:
    return boto3.client(
        "rekognition",
        endpoint_url=f"{stack.http_url}/rekognition",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        aws_session_token=key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_rekognition(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    original = {"Bucket": closed_stack.outputs["OriginalsBucketName"], "Name": f"originals/{completed(alice)}"}
    client = _rekognition(closed_stack, alice.key)
    assert len(client.detect_faces(Image={"Bytes": PHOTO})["FaceDetails"]) == 1
    assert len(client.detect_faces(Image={"S3Object": original})["FaceDetails"]) == 1
    with pytest.raises(client.exceptions.InvalidS3ObjectException):
        _rekognition(closed_stack, bob.key).detect_faces(Image={"S3Object": original})
    for refused in (f"{alice.key}0", holder(closed_stack, "alice", "read").key):
        with pytest.raises(client.exceptions.AccessDeniedException):
            _rekognition(closed_stack, refused).detect_faces(Image={"Bytes": PHOTO})
    with pytest.raises(client.exceptions.ClientError, match="401"):
        _rekognition(closed_stack, None).detect_faces(Image={"Bytes": PHOTO})


def test_neither_keys_nor_tickets_are_in_a_log(closed_stack: Stack, alice: Holder) -> None:
    ticket = alice.ticket()
    with connect(f"{closed_stack.ws_url}?ticket={ticket}") as socket:
        socket.send(f'{{"action": "{ticket}"}}')
        socket.recv()
    logs = closed_stack.aws.client("logs")
    messages = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
    written = "".join(messages) + closed_stack.local_stack.log.read_text(errors="replace")
    assert alice.stored.key_id in written
    assert alice.key.rpartition("_")[2] not in written
    assert ticket not in written
