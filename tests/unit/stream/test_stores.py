"""What the stream asks of its stores: batches of messages, and rows of listeners."""

import pytest
from botocore.exceptions import ClientError
from facelib.errors import ConnectionGone, QueueRefused
from facelib.stores import clients
from facelib.stores import connections as rows
from facelib.stores.connections import SHARDS, Connection, ConnectionStore
from facelib.stores.queue import Queue as Messages
from facelib.stores.queue import _batches

from tests.support.stream import OWNER, Queue


def test_messages_travel_ten_at_a_time_and_within_a_batchs_bytes() -> None:
    assert [len(batch) for batch in _batches(["x"] * 25)] == [10, 10, 5]
    assert [len(batch) for batch in _batches(["x" * 100_000] * 5)] == [2, 2, 1]
    assert list(_batches([])) == []


def test_all_messages_arrive(cloud: Queue) -> None:
    bodies = [f"message {number}" for number in range(23)]

    Messages(cloud.url).send_all(bodies)

    assert sorted(cloud.bodies()) == sorted(bodies)


def test_a_message_that_is_refused_is_an_error(cloud: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
    monkeypatch.setattr(clients.sqs(), "send_message_batch", lambda **_: refusal)

    with pytest.raises(QueueRefused, match="InternalError"):
        Messages(cloud.url).send_all(["one"])


def test_listeners_are_spread_over_the_partitions(connections: ConnectionStore) -> None:
    for number in range(200):
        connections.add(Connection(f"listener-{number}", OWNER))

    sizes = [connections.count_of_shard(OWNER, shard) for shard in range(SHARDS)]

    assert sum(sizes) == 200
    assert min(sizes) > 10
    assert sizes == [len(list(connections.of_shard(OWNER, shard))) for shard in range(SHARDS)]


def test_a_row_that_cannot_be_removed_stops_nobody(
    connections: ConnectionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DeleteItem")

    monkeypatch.setattr(clients.dynamodb(), "delete_item", refuse)

    assert connections.remove_gone(OWNER, "any")


def test_a_young_row_outlives_a_410(connections: ConnectionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    connections.add(Connection("new", OWNER))

    assert not connections.remove_gone(OWNER, "new")
    assert connections.get(OWNER, "new")
    monkeypatch.setattr(rows, "_CONNECT_GRACE_SECONDS", -5)
    assert connections.remove_gone(OWNER, "new")
    assert connections.remove_gone(OWNER, "new"), "a row that is gone already is gone"
    with pytest.raises(ConnectionGone):
        connections.get(OWNER, "new")
