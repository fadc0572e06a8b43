"""Audiences that are too large for one function: the work is split into messages, within the rate limit."""

import random
from typing import Any

import pytest
from face_broadcaster import recipients
from face_broadcaster.main import handler
from facelib.messages.deliveries import ShardDelivery
from facelib.messages.events import event_of
from facelib.stores import backoff, clients
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.subscriptions import SHARDS

from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.stream import (
    OWNER,
    Queue,
    ended_job,
    event_ids,
    listen,
    queue_event,
    record,
    stream_event,
)


@pytest.mark.parametrize("at_once", [4, 12])
def test_many_listeners_are_split_into_messages(
    at_once: int,
    cloud: Queue,
    connections: ConnectionStore,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("recipients", "broadcast"):
        monkeypatch.setattr(f"face_broadcaster.{module}.LISTENERS_AT_ONCE", at_once)
    ids = [f"c{number}" for number in range(60)]
    listen(connections, *ids)
    job = ended_job()

    context = Context()
    handler(stream_event(record(job)), context)
    shards = cloud.take()
    assert not endpoint.frames
    assert sorted(shard.shard for shard in shards if isinstance(shard, ShardDelivery)) == list(range(SHARDS))
    waiting = [shard.model_dump_json() for shard in shards]
    while waiting:
        assert handler(queue_event(*waiting), context) == {"batchItemFailures": []}
        waiting = cloud.bodies()

    assert {key: event_ids(frames) for key, frames in endpoint.frames.items()} == {key: [job.event_id] for key in ids}


def test_a_listener_of_one_job_receives_an_event_once_in_any_audience(
    cloud: Queue,
    connections: ConnectionStore,
    endpoint: Endpoint,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So does one that has since subscribed to all jobs: it is covered by the queued message for its shard."""
    for module in ("recipients", "broadcast"):
        monkeypatch.setattr(f"face_broadcaster.{module}.LISTENERS_AT_ONCE", 3)
    job = ended_job()
    ids = ["narrow", "wide", *(f"c{number}" for number in range(10))]
    listen(connections, *ids[2:])
    listen(connections, "narrow", "wide", job_id=job.job_id)
    connections.subscribe(Connection("wide", OWNER))

    handler(stream_event(record(job)), context)
    assert set(endpoint.frames) == {"narrow"}
    waiting = cloud.bodies()
    while waiting:
        handler(queue_event(*waiting), context)
        waiting = cloud.bodies()

    assert {key: event_ids(frames) for key, frames in endpoint.frames.items()} == {key: [job.event_id] for key in ids}


def test_a_large_audience_is_notified_within_the_rate_limit(
    connections: ConnectionStore, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("face_broadcaster.broadcast.LISTENERS_AT_ONCE", 3)
    monkeypatch.setenv("POSTS_PER_SECOND", "20")
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)

    for number, ids in enumerate((["a", "b"], ["c", "d"], ["e"])):
        listen(connections, *ids)
        handler(stream_event(record(ended_job())), context)
        assert waits[number] == pytest.approx([0.0, 0.2, 0.2][number])  # the audience is counted once a minute


@pytest.mark.parametrize("seed", range(3))
def test_refused_messages_of_a_batch_are_neither_lost_nor_duplicated(
    seed: int, cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large audience is queued as a batch of eight messages, one per shard. SQS first accepts only some of them."""
    for module in ("recipients", "broadcast"):
        monkeypatch.setattr(f"face_broadcaster.{module}.LISTENERS_AT_ONCE", 4)
    monkeypatch.setattr(backoff, "sleep", lambda _: None)
    chance, send, rounds = random.Random(seed), clients.sqs().send_message_batch, list[int]()

    def half(QueueUrl: str, Entries: Any) -> Any:  # noqa: N803 - boto3's names
        rounds.append(len(Entries))
        taken = [entry for entry in Entries if len(rounds) % 4 == 0 or chance.random() < 0.5]
        if taken:
            send(QueueUrl=QueueUrl, Entries=taken)
        refused = [entry for entry in Entries if entry not in taken]
        return {"Failed": [{"Id": one["Id"], "Code": "ServiceUnavailable", "SenderFault": False} for one in refused]}

    monkeypatch.setattr(clients.sqs(), "send_message_batch", half)
    ids = [f"c{number}" for number in range(40)]
    listen(connections, *ids)
    job = ended_job()

    handler(stream_event(record(job)), Context())
    waiting = cloud.bodies()
    while waiting:
        assert handler(queue_event(*waiting), Context()) == {"batchItemFailures": []}
        waiting = cloud.bodies()

    assert len(rounds) > 1
    assert {key: event_ids(frames) for key, frames in endpoint.frames.items()} == {key: [job.event_id] for key in ids}


def test_a_delivery_fits_into_a_message() -> None:
    jobs = [ended_job() for _ in range(1_000)]
    events = [event_of(job, "https://faces.example") for job in jobs]
    listeners = [f"L0SM9cOFvHcCI{number:03}=" for number in range(1200)]

    made = list(recipients.deliveries(OWNER, events, listeners, {}))

    assert len(made) > 3
    assert max(len(delivery.model_dump_json().encode()) for delivery in made) < 256 * 1024
