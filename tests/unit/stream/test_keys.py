"""Connections with a key are counted, and are closed when the key expires or is revoked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from face_broadcaster.main import handler as broadcast
from face_websocket.main import handler, settings
from facelib.domain import limits
from facelib.domain.access import ApiKey, Identity
from facelib.domain.errors import ConnectionGone
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.listeners.connections import Connection, ConnectionStore

from infra.keys import new_key
from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.stream import KEYS, Queue, ended_job, record, stream_event, websocket_event

PING = '{"action": "ping"}'


@pytest.fixture
def keys(cloud: Queue, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyStore]:
    monkeypatch.setenv("ACCESS", "keys")
    settings.cache_clear()
    yield KeyStore(KEYS)
    settings.cache_clear()


@pytest.fixture
def key(keys: KeyStore) -> ApiKey:
    key, _ = new_key("alice", "read", None, 1)
    keys.add(key)
    return key


def event_of(key: ApiKey, route: str, connection_id: str = "one", body: str = "") -> dict[str, Any]:
    event = websocket_event(route, connection_id, body)
    identity = Identity(principal=key.principal).model_dump_json()
    event["requestContext"]["authorizer"] = {"identity": identity, "principalId": key.owner}
    return event


def test_a_listener_belongs_to_the_owner_of_its_key(
    key: ApiKey, connections: ConnectionStore, context: Context
) -> None:
    assert handler(event_of(key, "$connect"), context) == {"statusCode": 200}
    assert connections.get("alice", "one").owner == "alice"
    with pytest.raises(ConnectionGone):
        connections.get("public", "one")
    assert connections.subscriptions.count_with_key("alice") == 1
    handler(event_of(key, "$disconnect"), context)
    assert connections.subscriptions.count_with_key("alice") == 0


def test_without_the_authorizer_every_request_is_refused(
    keys: KeyStore, connections: ConnectionStore, context: Context
) -> None:
    with pytest.raises((LookupError, ValueError)):
        handler(websocket_event("$connect"), context)
    refused = websocket_event("$connect")
    refused["requestContext"]["authorizer"] = {"identity": Identity().model_dump_json()}
    with pytest.raises(LookupError):
        handler(refused, context)
    assert list(connections.subscriptions.of_shard("public", 0)) == []


def test_an_owner_has_a_maximum_number_of_listeners(
    key: ApiKey, connections: ConnectionStore, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LISTENERS_OF_OWNER", 2)
    statuses = [handler(event_of(key, "$connect", name), context)["statusCode"] for name in ("one", "two", "three")]
    assert statuses == [200, 200, 429]
    handler(event_of(key, "$disconnect", "one"), context)
    assert handler(event_of(key, "$connect", "three"), context) == {"statusCode": 200}


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_frame_ends_the_connection_of_a_key_that_is_no_longer_valid(  # noqa: PLR0917
    keys: KeyStore, key: ApiKey, connections: ConnectionStore, endpoint: Endpoint, context: Context, end: str
) -> None:
    handler(event_of(key, "$connect"), context)
    handler(event_of(key, "$default", body=PING), context)
    assert len(endpoint.frames["one"]) == 1
    if end == "revoked":
        keys.revoke(key)
    else:
        keys.revoke(key.model_copy(update={"expires_at": datetime.now(UTC), "revoked_at": datetime.now(UTC)}))
    endpoint.script = lambda _connection_id, _before: 204
    handler(event_of(key, "$default", body=PING), context)
    assert (endpoint.tries["one"], len(endpoint.frames["one"])) == (2, 1), "the connection is closed without a pong"
    with pytest.raises(ConnectionGone):
        connections.get("alice", "one")


def test_an_event_ends_the_connections_of_expired_keys(
    key: ApiKey, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    late, soon = datetime.now(UTC) - timedelta(seconds=1), datetime.now(UTC) + timedelta(hours=1)
    connections.add(Connection("late", "alice", None, key.key_id, late))
    connections.add(Connection("good", "alice", None, key.key_id, soon))
    endpoint.script = lambda connection_id, _before: 204 if connection_id == "late" else 200
    broadcast(stream_event(record(ended_job(owner="alice"))), context)
    assert (endpoint.tries["late"], endpoint.frames["late"]) == (1, []), "the connection is closed without an event"
    assert b"job.completed" in endpoint.frames["good"][0]
    assert connections.subscriptions.count_with_key("alice") == 1
