"""Posts that the broadcaster cannot make at once: throttling, large audiences, replays, and too little time."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from face_broadcaster import recipients
from face_broadcaster.main import handler
from facelib.messages.deliveries import Delivery, Replay, ShardDelivery
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
    stored,
    stream_event,
)


def test_a_listener_that_is_still_connecting_keeps_its_row_and_is_retried(
    cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "new")
    endpoint.script = lambda _, before: 410 if before == 0 else 200
    job = ended_job()

    handler(stream_event(record(job)), context)
    (requeued,) = cloud.bodies()
    handler(queue_event(requeued), context)

    assert event_ids(endpoint.frames["new"]) == [job.event_id]
    assert connections.get(OWNER, "new").connection_id == "new"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_short_storm_is_over_within_the_function(
    status: int, cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a", "b", "c")
    endpoint.script = lambda connection_id, before: status if connection_id != "c" and before < 2 else 200
    job = ended_job()

    handler(stream_event(record(job)), context)

    assert {key: event_ids(frames) for key, frames in endpoint.frames.items()} == {key: [job.event_id] for key in "abc"}
    assert cloud.take() == []


@pytest.mark.parametrize("status", [429, 500])
def test_a_long_storm_reaches_the_failure_queue_only_after_the_bound(
    status: int, cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "well", "ill")
    endpoint.script = lambda connection_id, _: status if connection_id == "ill" else 200
    job = ended_job()

    handler(stream_event(record(job)), context)
    attempts = []
    while True:
        (body,) = cloud.bodies()
        message = Delivery.model_validate_json(body)
        assert message.connection_ids == ("ill",)
        attempts.append(message.attempt)
        response = handler(queue_event(body), context)
        if response["batchItemFailures"]:
            break

    assert attempts == [1, 2, 3, 4, 5]
    assert response == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert event_ids(endpoint.frames["well"]) == [job.event_id]
    # Messages that the queue had set aside are delivered when they are redriven afterwards.
    endpoint.script = lambda *_: 200
    assert handler(queue_event(body), context) == {"batchItemFailures": []}
    assert event_ids(endpoint.frames["ill"]) == [job.event_id]


def test_a_refusal_keeps_the_order_of_a_listeners_frames(
    cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    endpoint.script = lambda _, before: 200 if before == 0 or before > 3 else 429
    jobs = [ended_job() for _ in range(100)]

    handler(stream_event(*map(record, jobs)), context)
    assert len(endpoint.frames["a"]) == 1
    handler(queue_event(*cloud.bodies()), context)

    assert event_ids(endpoint.frames["a"]) == [job.event_id for job in jobs]


def test_posts_that_do_not_fit_into_the_time_are_queued(
    cloud: Queue, connections: ConnectionStore, endpoint: Endpoint
) -> None:
    listen(connections, "a", "b")
    job = ended_job()

    handler(stream_event(record(job)), Context(seconds=5))

    assert not endpoint.frames
    (requeued,) = cloud.take()
    assert isinstance(requeued, Delivery)
    assert set(requeued.connection_ids) == {"a", "b"}
    assert requeued.attempt == 0
    handler(queue_event(requeued.model_dump_json()), Context())
    assert event_ids(endpoint.frames["a"]) == event_ids(endpoint.frames["b"]) == [job.event_id]


@pytest.mark.parametrize("at_once", [4, 12])
def test_many_listeners_are_split_over_the_queue(
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


def test_a_narrow_listener_receives_an_event_once_in_any_audience(
    cloud: Queue,
    connections: ConnectionStore,
    endpoint: Endpoint,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also one that has been widened since: it is in a shard, which the queue's message reads."""
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
        assert waits[number] == pytest.approx([0.0, 0.2, 0.2][number])  # counted once a minute


def test_an_unavailable_queue_makes_the_stream_retry(
    connections: ConnectionStore, endpoint: Endpoint, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(connections, "a")
    endpoint.script = lambda *_: 429
    monkeypatch.setattr("facelib.stores.queues.queue.Queue.send", _refuse)

    with pytest.raises(ConnectionError):
        handler(stream_event(record(ended_job())), context)


@pytest.mark.parametrize("seed", range(3))
def test_refused_messages_of_a_batch_are_neither_lost_nor_duplicated(
    seed: int, cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shards of a large audience are one batch of eight messages; SQS accepts some at first, others later."""
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


def _refuse(*_: object, **__: object) -> None:
    raise ConnectionError


@pytest.mark.parametrize("make", [lambda _: {"limit": 2}, lambda job: {"after": job.event_id}])
def test_a_replay_asked_for_on_connecting(
    make: Callable[..., dict[str, object]], connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    first, second, third = (stored(ended_job(seconds_ago=ago)) for ago in (30, 20, 10))
    replay = Replay.model_validate({"owner": OWNER, "connection_id": "a", **make(first)})

    handler(queue_event(replay.model_dump_json()), context)

    assert event_ids(endpoint.frames["a"]) == [second.event_id, third.event_id]


@pytest.mark.parametrize(("limit", "after", "expected"), [(1, 0, (1, 2, 3)), (3, 2, (1, 2, 3)), (9, 0, (0, 1, 2, 3))])
def test_a_replay_of_the_latest_and_of_all_since_has_the_larger_set(
    limit: int, after: int, expected: tuple[int, ...], connections: ConnectionStore, endpoint: Endpoint
) -> None:
    listen(connections, "a")
    jobs = [stored(ended_job(seconds_ago=ago)) for ago in (40, 30, 20, 10)]
    replay = Replay(owner=OWNER, connection_id="a", limit=limit, after=jobs[after].event_id)

    handler(queue_event(replay.model_dump_json()), Context())

    assert event_ids(endpoint.frames["a"]) == [jobs[number].event_id for number in expected]


def test_a_replay_of_both_where_nothing_has_ended(
    connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    replay = Replay(owner=OWNER, connection_id="a", limit=3, after=ended_job().event_id)

    assert handler(queue_event(replay.model_dump_json()), context) == {"batchItemFailures": []}

    assert not endpoint.frames


def test_a_replay_for_a_listener_that_has_left_is_over(connections: ConnectionStore, context: Context) -> None:
    replay = Replay(owner=OWNER, connection_id="nobody", limit=2)

    assert handler(queue_event(replay.model_dump_json()), context) == {"batchItemFailures": []}


def test_a_replay_for_a_listener_still_connecting_is_soon_retried(
    connections: ConnectionStore, endpoint: Endpoint, context: Context, cloud: Queue
) -> None:
    listen(connections, "a")
    stored(ended_job())
    endpoint.script = lambda *_: 410
    replay = Replay(owner=OWNER, connection_id="a", limit=2)

    assert handler(queue_event(replay.model_dump_json()), context) == {"batchItemFailures": []}
    assert cloud.take() == [replay]


def test_a_delivery_fits_into_a_message() -> None:
    jobs = [ended_job() for _ in range(1_000)]
    events = [event_of(job, "https://faces.example") for job in jobs]
    listeners = [f"L0SM9cOFvHcCI{number:03}=" for number in range(1200)]

    made = list(recipients.deliveries(OWNER, events, listeners, {}))

    assert len(made) > 3
    assert max(len(delivery.model_dump_json().encode()) for delivery in made) < 256 * 1024
