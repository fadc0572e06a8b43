"""A local stack that requires keys: only valid keys have access, and other owners' data is invisible."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from facelib.domain.access import Refusal
from websockets.sync.client import connect

from tests.support.keys import PHOTO, Holder, completed, holder
from tests.support.stack import TIMEOUT_SECONDS, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("closed")]

# Method, path, body, the required scope, and the status that the owner receives.
CALLS: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("GET", "/jobs", {}, "read", 200),
    ("GET", "/jobs/{job}", {}, "read", 200),
    ("GET", "/jobs/{job}/processed-image", {}, "read", 302),
    ("POST", "/jobs/{job}/renders", {"json": {"render": "boxes"}}, "read", 200),
    ("GET", "/jobs/{job}/faces/0/image", {}, "read", 200),
    ("GET", "/jobs/{job}/corrections", {}, "read", 200),
    ("PUT", "/jobs/{job}/corrections", {"json": {"show": [0]}}, "manage", 200),
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
def strangers(closed_stack: Stack, alice: Holder) -> dict[Refusal, str]:
    """Credentials that are refused, by reason."""
    revoked = holder(closed_stack, "alice", revoked_at=datetime.now(UTC))
    expired = holder(closed_stack, "alice", expires_at=datetime.now(UTC))
    wrong = f"fc_{alice.stored.key_id}_{'0' * 64}"
    return {
        Refusal.UNKNOWN: f"Bearer {wrong}",
        Refusal.REVOKED: f"Bearer {revoked.key}",
        Refusal.EXPIRED: f"Bearer {expired.key}",
    }


@pytest.mark.parametrize("path", PUBLIC)
def test_the_public_routes_do_not_need_a_key(closed_stack: Stack, path: str) -> None:
    assert closed_stack.http.get(path).status_code == 200
    own = {"Origin": closed_stack.local_stack.origins[0], "Access-Control-Request-Method": "POST"}
    preflight = closed_stack.http.options("/image", headers={**own, "Access-Control-Request-Headers": "authorization"})
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(("method", "path", "sent", "scope", "status"), CALLS)
def test_a_route_needs_a_key_of_the_owner_with_its_scope(  # noqa: PLR0917 - a row of the table
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
    nonsense = closed_stack.http.request(method, path, headers={"Authorization": "Bearer nonsense"}, **sent)
    assert (nonsense.status_code, nonsense.json()) == (403, {"message": "Forbidden"})
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


def test_idempotency_keys_of_two_owners_are_independent(alice: Holder, bob: Holder) -> None:
    sent = {"content": PHOTO, "headers": {"Idempotency-Key": "same"}}
    first, second = (owner.request("POST", "/image", **sent).json()["job_id"] for owner in (alice, bob))
    assert first != second
    assert alice.request("POST", "/image", **sent).json()["job_id"] == first


def test_the_job_of_a_form_belongs_to_its_owner(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    granted = alice.request("POST", "/uploads", json={}).json()
    assert closed_stack.post_form(granted["upload"], PHOTO).status_code == 204
    path = f"/jobs/{granted['job_id']}"
    wait_until(lambda: alice.request("GET", path).json()["status"] == "completed")
    assert bob.request("GET", path).status_code == 404


def test_the_quota_is_exact(closed_stack: Stack) -> None:
    dave = holder(closed_stack, "dave", daily=7)
    # Each thread may start a process of the API, which takes a second.
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: dave.request("POST", "/uploads", json={}, timeout=150), range(30)))
    statuses = [response.status_code for response in responses]
    assert (statuses.count(201), statuses.count(429)) == (7, 23)
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


def test_rekognition_accepts_the_key_as_the_session_token(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    original = {"Bucket": closed_stack.outputs["OriginalsBucketName"], "Name": f"originals/{completed(alice)}"}
    client = _rekognition(closed_stack, alice.key)
    assert len(client.detect_faces(Image={"Bytes": PHOTO})["FaceDetails"]) == 1
    assert len(client.detect_faces(Image={"S3Object": original})["FaceDetails"]) == 1
    with pytest.raises(client.exceptions.InvalidS3ObjectException):
        _rekognition(closed_stack, bob.key).detect_faces(Image={"S3Object": original})
    # API Gateway refuses malformed keys with its own message.
    with pytest.raises(ClientError, match=r"\(403\).*Forbidden"):
        _rekognition(closed_stack, f"{alice.key}0").detect_faces(Image={"Bytes": PHOTO})
    unknown = f"fc_{alice.stored.key_id}_{'0' * 64}"
    for refused in (unknown, holder(closed_stack, "alice", "read").key):
        with pytest.raises(client.exceptions.AccessDeniedException):
            _rekognition(closed_stack, refused).detect_faces(Image={"Bytes": PHOTO})
    with pytest.raises(client.exceptions.ClientError, match="401"):
        _rekognition(closed_stack, None).detect_faces(Image={"Bytes": PHOTO})


def test_neither_keys_nor_tickets_are_in_a_log(closed_stack: Stack, alice: Holder) -> None:
    ticket = alice.ticket()
    with connect(f"{closed_stack.ws_url}?ticket={ticket}", open_timeout=TIMEOUT_SECONDS) as socket:
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
