"""`make key`, `make keys` and `make revoke`, on the tables of an account in moto."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from facelib.domain.access import Scope, split_key
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi

from infra import keys
from infra.errors import CommandFailed
from tests.support.account import Cloud
from tests.support.endpoint import Endpoint


def test_a_new_key_is_stored_as_a_hash() -> None:
    stored, key = keys.new_key("alice", "send, read", 1_000, 30)
    parts = split_key(key)
    assert parts
    assert (stored.key_id, stored.digest) == (parts[0], hashlib.sha256(parts[1].encode()).hexdigest())
    assert (sorted(stored.scopes), stored.images_per_day) == ([Scope.READ, Scope.SEND], 1_000)
    assert timedelta(days=29) < stored.expires_at - datetime.now(UTC) <= timedelta(days=30)
    assert parts[1] not in stored.model_dump_json() + keys.describe(stored)


@pytest.mark.parametrize(
    ("owner", "scopes", "daily", "days", "words"),
    [
        ("", "send", None, 90, "OWNER=alice"),
        ("Alice", "send", None, 90, "a-z"),
        ("alice#1", "send", None, 90, "a-z"),
        ("public", "send", None, 90, "another name"),
        ("alice", "write", None, 90, "send,read,manage"),
        ("alice", "", None, 90, "send,read,manage"),
        ("alice", "send", 0, 90, "DAILY"),
        ("alice", "send", None, 0, "DAYS"),
        ("alice", "send", None, 4_000, "DAYS"),
    ],
)
def test_invalid_values_of_a_new_key_are_refused(
    owner: str, scopes: str, daily: int | None, days: int, words: str
) -> None:
    with pytest.raises(CommandFailed, match=words):
        keys.new_key(owner, scopes, daily, days)


def test_revoking_a_key_closes_its_connections(account: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    store, connections = KeyStore(account.keys_table), ConnectionStore(account.connections_table)
    (ours, _), (other, _) = (keys.new_key("alice", "read", None, 1) for _ in range(2))
    for key in (ours, other):
        store.add(key)
        connections.add(Connection(f"of-{key.key_id}", "alice", None, key.key_id, key.expires_at))
    with Endpoint() as endpoint:
        endpoint.script = lambda _connection_id, _before: 204
        keys.revoke(store, ours.key_id, connections, ConnectionsApi(endpoint.url))
        assert endpoint.tries == {f"of-{ours.key_id}": 1}
    assert connections.subscriptions.count_with_key("alice") == 1
    assert not store.is_valid(ours.key_id)
    assert store.is_valid(other.key_id)
    assert "Connections closed: 1" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match="make keys"):
        keys.revoke(store, "0" * 12, connections, ConnectionsApi("http://localhost:1"))


def test_the_list_shows_the_owner_of_each_key(account: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    store = KeyStore(account.keys_table)
    keys.show(store)
    assert "make key OWNER=alice" in capsys.readouterr().out
    store.add(keys.new_key("bob", "send", 5, 1)[0])
    store.revoke(keys.new_key("alice", "read", None, 1)[0])
    keys.show(store)
    first, second = capsys.readouterr().out.splitlines()
    assert "alice" in first
    assert "revoked" in first
    assert "daily limit 5" in second
