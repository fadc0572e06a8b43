"""Replays that the broadcaster sends in response to messages in the delivery queue."""

from collections.abc import Callable

import pytest
from face_broadcaster.main import handler
from facelib.messages.deliveries import Replay
from facelib.stores.listeners.connections import ConnectionStore

from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.stream import (
    OWNER,
    Queue,
    ended_job,
    event_ids,
    listen,
    queue_event,
    stored,
)


@pytest.mark.parametrize("make", [lambda _: {"limit": 2}, lambda job: {"after": job.event_id}])
def test_a_replay_requested_on_connecting_is_sent(
    make: Callable[..., dict[str, object]], connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    first, second, third = (stored(ended_job(seconds_ago=ago)) for ago in (30, 20, 10))
    replay = Replay.model_validate({"owner": OWNER, "connection_id": "a", **make(first)})

    handler(queue_event(replay.model_dump_json()), context)

    assert event_ids(endpoint.frames["a"]) == [second.event_id, third.event_id]


@pytest.mark.parametrize(("limit", "after", "expected"), [(1, 0, (1, 2, 3)), (3, 2, (1, 2, 3)), (9, 0, (0, 1, 2, 3))])
def test_a_replay_with_limit_and_after_contains_the_larger_set(
    limit: int, after: int, expected: tuple[int, ...], connections: ConnectionStore, endpoint: Endpoint
) -> None:
    listen(connections, "a")
    jobs = [stored(ended_job(seconds_ago=ago)) for ago in (40, 30, 20, 10)]
    replay = Replay(owner=OWNER, connection_id="a", limit=limit, after=jobs[after].event_id)

    handler(queue_event(replay.model_dump_json()), Context())

    assert event_ids(endpoint.frames["a"]) == [jobs[number].event_id for number in expected]


def test_a_replay_with_limit_and_after_is_empty_before_any_job_has_ended(
    connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    replay = Replay(owner=OWNER, connection_id="a", limit=3, after=ended_job().event_id)

    assert handler(queue_event(replay.model_dump_json()), context) == {"batchItemFailures": []}

    assert not endpoint.frames


def test_a_replay_ends_when_its_listener_has_left(connections: ConnectionStore, context: Context) -> None:
    replay = Replay(owner=OWNER, connection_id="nobody", limit=2)

    assert handler(queue_event(replay.model_dump_json()), context) == {"batchItemFailures": []}


def test_a_replay_for_a_listener_that_is_still_connecting_is_queued_again(
    connections: ConnectionStore, endpoint: Endpoint, context: Context, cloud: Queue
) -> None:
    listen(connections, "a")
    stored(ended_job())
    endpoint.script = lambda *_: 410
    replay = Replay(owner=OWNER, connection_id="a", limit=2)

    assert handler(queue_event(replay.model_dump_json()), context) == {"batchItemFailures": []}
    assert cloud.take() == [replay]
