"""Replays that listeners request, and how they continue when they are refused or take too long."""

import json

import pytest
from facelib.domain import limits
from facelib.messages.deliveries import Replay
from facelib.messages.events import new_event_id
from facelib.stores.listeners.connections import Connection, ConnectionStore

from tests.support.endpoint import Endpoint
from tests.support.job_store import JobStore
from tests.support.listener_frames import send
from tests.support.stream import OWNER, Queue, ended_job, event_ids, stored


def test_a_replay_with_a_limit_contains_the_latest_events(one: Endpoint) -> None:
    jobs = [stored(ended_job(seconds_ago=100 - number, failed=number % 2 == 0)) for number in range(25)]

    assert [event["event_id"] for event in send(one, '{"action": "replay", "limit": 3}')] == [
        job.event_id for job in jobs[-3:]
    ]
    assert len(send(one, '{"action": "replay"}')) == limits.REPLAY_DEFAULT


def test_a_replay_after_an_event_starts_a_little_before_it(one: Endpoint) -> None:
    """An event with an earlier time may have been posted later; the listener drops duplicates."""
    long_ago, shortly_before, known, since = (stored(ended_job(seconds_ago=ago)) for ago in (1000, 505, 500, 10))
    assert long_ago.event_id

    got = send(one, json.dumps({"action": "replay", "after": known.event_id}))

    assert [event["event_id"] for event in got] == [shortly_before.event_id, known.event_id, since.event_id]


def test_a_replay_after_an_event_uses_as_many_frames_as_needed(one: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FRAME_BYTES", 2_500)
    jobs = [stored(ended_job(seconds_ago=1000 - number)) for number in range(30)]

    send(one, json.dumps({"action": "replay", "after": jobs[0].event_id}))

    assert event_ids(one.frames["one"]) == [job.event_id for job in jobs]
    assert len(one.frames["one"]) > 3
    assert all(len(frame) <= limits.FRAME_BYTES for frame in one.frames["one"])


def test_a_replay_too_long_for_the_function_continues_through_the_queue(
    one: Endpoint, cloud: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facelib.stream.replay._CHUNK", 5)
    jobs = [stored(ended_job(seconds_ago=1000 - number)) for number in range(12)]

    send(one, json.dumps({"action": "replay", "after": jobs[0].event_id}), seconds=1)

    sent = event_ids(one.frames["one"])
    assert sent == [job.event_id for job in jobs[:5]]
    assert cloud.take() == [Replay(owner=OWNER, connection_id="one", after=sent[-1])]


def test_a_refused_replay_continues_through_the_queue(one: Endpoint, cloud: Queue) -> None:
    stored(ended_job())
    one.script = lambda *_: 429

    assert send(one, '{"action": "replay", "limit": 1}') == []

    assert cloud.take() == [Replay(owner=OWNER, connection_id="one", limit=1)]


def test_a_listener_of_one_job_replays_only_that_job(one: Endpoint, connections: ConnectionStore) -> None:
    subscribed, _other = stored(ended_job(seconds_ago=20)), stored(ended_job())
    connections.subscribe(Connection("one", OWNER, subscribed.job_id))

    assert [event["job_id"] for event in send(one, '{"action": "replay"}')] == [subscribed.job_id]
    later = new_event_id(ended_job(seconds_ago=-3600).created_at, subscribed.job_id)
    assert send(one, json.dumps({"action": "replay", "after": later})) == []
    connections.subscribe(Connection("one", OWNER, ended_job().job_id))
    assert send(one, '{"action": "replay"}') == []


@pytest.mark.parametrize("narrow", [False, True])
def test_a_replay_contains_only_the_deletions_of_the_listeners_owner(
    narrow: bool, one: Endpoint, jobs: JobStore, connections: ConnectionStore
) -> None:
    mine, theirs = stored(ended_job()), stored(ended_job(owner="somebody"))
    for job in (mine, theirs):
        jobs.begin_deletion(job.job_id, job.owner)
        jobs.remove(job.job_id)

    if narrow:
        connections.subscribe(Connection("one", OWNER, mine.job_id))
    (event,) = send(one, '{"action": "replay"}')
    assert (event["type"], event["job_id"], set(event)) == (
        "job.deleted",
        mine.job_id,
        {"type", "event_id", "job_id"},
    )
    connections.subscribe(Connection("one", OWNER, theirs.job_id))
    assert send(one, '{"action": "replay"}') == []


def test_a_listener_can_have_only_one_replay_at_a_time(one: Endpoint, connections: ConnectionStore) -> None:
    stored(ended_job())
    assert connections.begin_replay("one")

    (refused,) = send(one, '{"action": "replay"}')

    assert (refused["type"], "already in progress" in refused["detail"]) == ("error", True)
    connections.end_replay("one")
    for _ in range(2):
        assert [event["type"] for event in send(one, '{"action": "replay"}')] == ["job.completed"]
