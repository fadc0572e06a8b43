"""The routes of the WebSocket: connect, hello, ping, subscribe, invalid frames and disconnect."""

import json
from datetime import UTC, datetime

import pytest
from face_websocket.main import handler
from facelib.domain import limits
from facelib.domain.errors import ConnectionGone
from facelib.messages.deliveries import Replay
from facelib.messages.events import event_id_before, event_time
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.subscriptions import SHARDS

from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.listener_frames import send
from tests.support.stream import OWNER, Queue, ended_job, websocket_event

OK = {"statusCode": 200}


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


def test_hello_returns_the_position_at_which_the_listener_connected(
    cloud: Queue, endpoint: Endpoint, context: Context
) -> None:
    before = datetime.now(UTC)
    assert handler(websocket_event("$connect"), context) == OK
    after = datetime.now(UTC)

    (answer,) = send(endpoint, '{"action": "hello"}')

    assert set(answer) == {"type", "position"}
    assert answer["type"] == "connected"
    assert before <= event_time(answer["position"]) <= after
    # The position does not depend on when or how often it is requested.
    assert send(endpoint, '{"action": "hello"}') == [answer]


def test_a_listener_can_resume_from_the_position(cloud: Queue, endpoint: Endpoint, context: Context) -> None:
    assert handler(websocket_event("$connect"), context) == OK
    (answer,) = send(endpoint, '{"action": "hello"}')

    assert handler(websocket_event("$connect", "two", after=answer["position"]), context) == OK

    since = event_id_before(answer["position"], limits.REPLAY_OVERLAP_SECONDS)
    assert cloud.take() == [Replay(owner=OWNER, connection_id="two", after=since)]


def test_hello_from_a_listener_that_has_left_does_not_fail_the_route(cloud: Queue, endpoint: Endpoint) -> None:
    assert send(endpoint, '{"action": "hello"}') == []


def test_a_ping_is_answered_with_a_pong(one: Endpoint) -> None:
    assert send(one, '{"action": "ping"}') == [{"type": "pong"}]


def test_a_listener_can_subscribe_to_one_job_and_to_all_jobs(one: Endpoint, connections: ConnectionStore) -> None:
    job_id = ended_job().job_id

    assert send(one, json.dumps({"action": "subscribe", "job_id": job_id})) == [
        {"type": "subscribed", "job_id": job_id}
    ]
    assert connections.get(OWNER, "one").job_id == job_id
    assert send(one, '{"action": "subscribe", "job_id": null}') == [{"type": "subscribed", "job_id": None}]
    assert connections.get(OWNER, "one").job_id is None


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


def test_a_response_that_is_not_received_does_not_fail_the_route(one: Endpoint) -> None:
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
