"""The WebSocket's routes: connect, requests and disconnect."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from face_websocket.main import handler
from facelib.domain import limits
from facelib.domain.errors import ConnectionGone
from facelib.messages.deliveries import Replay
from facelib.messages.events import event_id_before, event_time, new_event_id
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.subscriptions import SHARDS

from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.job_store import JobStore
from tests.support.stream import OWNER, Queue, ended_job, event_ids, stored, websocket_event

OK = {"statusCode": 200}


def send(endpoint: Endpoint, body: str, seconds: float = 30) -> list[dict[str, Any]]:
    """Send a frame from the listener `one`, and return what it gets."""
    before = len(endpoint.frames["one"])
    assert handler(websocket_event("$default", body=body), Context(seconds)) == OK
    return [event for frame in endpoint.frames["one"][before:] for event in json.loads(frame)["events"]]


@pytest.fixture
def one(connections: ConnectionStore, endpoint: Endpoint) -> Endpoint:
    """Connect the listener `one`."""
    connections.add(Connection("one", OWNER))
    return endpoint


def test_a_listener_connects_and_disconnects(cloud: Queue, connections: ConnectionStore, context: Context) -> None:
    assert handler(websocket_event("$connect"), context) == OK
    assert connections.get(OWNER, "one") == Connection("one", OWNER)
    assert cloud.take() == []

    assert handler(websocket_event("$disconnect"), context) == OK
    with pytest.raises(ConnectionGone):
        connections.get(OWNER, "one")


def test_a_listener_connects_for_one_job_with_a_replay(
    cloud: Queue, connections: ConnectionStore, context: Context
) -> None:
    job = ended_job()
    assert job.event_id

    handler(websocket_event("$connect", job_id=job.job_id, replay="20"), context)
    handler(websocket_event("$connect", "two", after=job.event_id), context)

    assert connections.get(OWNER, "one").job_id == job.job_id
    assert sorted(cloud.take(), key=repr) == sorted(
        [
            Replay(owner=OWNER, connection_id="one", limit=20),
            Replay(
                owner=OWNER,
                connection_id="two",
                after=event_id_before(job.event_id, limits.REPLAY_OVERLAP_SECONDS),
            ),
        ],
        key=repr,
    )


@pytest.mark.parametrize(
    "query",
    [
        {"job_id": "mine"},
        {"replay": "0"},
        {"replay": "101"},
        {"replay": "some"},
        {"after": "yesterday"},
        {"after": "20261399T000000.000000Z-00000000"},
        {"jobid": "x"},
    ],
)
def test_an_invalid_address_is_refused(
    query: dict[str, str], cloud: Queue, connections: ConnectionStore, context: Context
) -> None:
    assert handler(websocket_event("$connect", **query), context) == {"statusCode": 400}
    with pytest.raises(ConnectionGone):
        connections.get(OWNER, "one")


def test_hello_returns_the_position_at_connecting(cloud: Queue, endpoint: Endpoint, context: Context) -> None:
    before = datetime.now(UTC)
    assert handler(websocket_event("$connect"), context) == OK
    after = datetime.now(UTC)

    (answer,) = send(endpoint, '{"action": "hello"}')

    assert set(answer) == {"type", "position"}
    assert answer["type"] == "connected"
    assert before <= event_time(answer["position"]) <= after
    # However late and however often it is requested.
    assert send(endpoint, '{"action": "hello"}') == [answer]


def test_the_position_is_good_for_resuming(cloud: Queue, endpoint: Endpoint, context: Context) -> None:
    assert handler(websocket_event("$connect"), context) == OK
    (answer,) = send(endpoint, '{"action": "hello"}')

    assert handler(websocket_event("$connect", "two", after=answer["position"]), context) == OK

    since = event_id_before(answer["position"], limits.REPLAY_OVERLAP_SECONDS)
    assert cloud.take() == [Replay(owner=OWNER, connection_id="two", after=since)]


def test_hello_of_a_listener_that_has_gone_does_not_fail_the_route(cloud: Queue, endpoint: Endpoint) -> None:
    assert send(endpoint, '{"action": "hello"}') == []


def test_ping(one: Endpoint) -> None:
    assert send(one, '{"action": "ping"}') == [{"type": "pong"}]


def test_subscribe_narrows_and_widens(one: Endpoint, connections: ConnectionStore) -> None:
    job_id = ended_job().job_id

    assert send(one, json.dumps({"action": "subscribe", "job_id": job_id})) == [
        {"type": "subscribed", "job_id": job_id}
    ]
    assert connections.get(OWNER, "one").job_id == job_id
    assert send(one, '{"action": "subscribe", "job_id": null}') == [{"type": "subscribed", "job_id": None}]
    assert connections.get(OWNER, "one").job_id is None


def test_replay_of_the_latest(one: Endpoint) -> None:
    jobs = [stored(ended_job(seconds_ago=100 - number, failed=number % 2 == 0)) for number in range(25)]

    assert [event["event_id"] for event in send(one, '{"action": "replay", "limit": 3}')] == [
        job.event_id for job in jobs[-3:]
    ]
    assert len(send(one, '{"action": "replay"}')) == limits.REPLAY_DEFAULT


def test_replay_after_an_event_starts_a_little_before_it(one: Endpoint) -> None:
    """An event that ended earlier may have been posted later; the listener drops what it has seen."""
    long_ago, shortly_before, known, since = (stored(ended_job(seconds_ago=ago)) for ago in (1000, 505, 500, 10))
    assert long_ago.event_id

    got = send(one, json.dumps({"action": "replay", "after": known.event_id}))

    assert [event["event_id"] for event in got] == [shortly_before.event_id, known.event_id, since.event_id]


def test_replay_of_all_since_uses_as_many_frames_as_needed(one: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_replay_has_only_the_deletions_of_the_listeners_owner(
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


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("", "not a JSON object"),
        ("hello", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('"ping"', "not a JSON object"),
        ("{}", "Unknown action"),
        ('{"action": "dance"}', "Unknown action"),
        ('{"action": 5}', "Unknown action"),
        ('{"action": "subscribe"}', "subscribe.job_id: Field required"),
        ('{"action": "subscribe", "job_id": "mine"}', "subscribe.job_id: not a job id"),
        ('{"action": "replay", "limit": 101}', "replay.limit: Input should be less than or equal to 100"),
        ('{"action": "replay", "after": "x"}', "replay.after: String should match"),
        ('{"action": "replay", "after": "00010101T000000.000000Z-00000000"}', "replay.after: not an event id"),
        (
            '{"action": "replay", "limit": 5, "after": "20260101T000000.000000Z-00000000"}',
            "replay: send either limit or after",
        ),
        ('{"action": "ping", "loud": true}', "ping.loud: Extra inputs are not permitted"),
    ],
)
def test_invalid_frames_get_an_error_frame(body: str, detail: str, one: Endpoint) -> None:
    (response,) = send(one, body)

    assert response["type"] == "error"
    assert detail in response["detail"]


def test_an_answer_that_is_not_received_does_not_fail_the_route(one: Endpoint) -> None:
    for status in (410, 429):
        one.script = lambda *_, status=status: status
        assert send(one, '{"action": "ping"}') == []


def test_subscribing_without_a_row_does_not_fail_the_route(cloud: Queue, endpoint: Endpoint) -> None:
    assert send(endpoint, '{"action": "subscribe", "job_id": null}') == []


@pytest.mark.parametrize(
    ("origin", "status"), [("https://faces.example", 200), ("https://evil.example", 403), ("null", 403)]
)
def test_a_page_of_another_origin_may_not_listen(
    cloud: Queue, connections: ConnectionStore, origin: str, status: int, context: Context
) -> None:
    event = {**websocket_event("$connect", "page"), "headers": {"origin": origin}}

    assert handler(event, context) == {"statusCode": status}

    listeners = [one for shard in range(SHARDS) for one in connections.subscriptions.of_shard(OWNER, shard)]
    assert len(listeners) == (status == 200)


def test_one_replay_at_a_time(one: Endpoint, connections: ConnectionStore) -> None:
    stored(ended_job())
    assert connections.begin_replay("one")

    (refused,) = send(one, '{"action": "replay"}')

    assert (refused["type"], "already in progress" in refused["detail"]) == ("error", True)
    connections.end_replay("one")
    for _ in range(2):
        assert [event["type"] for event in send(one, '{"action": "replay"}')] == ["job.completed"]
