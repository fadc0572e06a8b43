"""The broadcaster's handler makes one pass per batch, and loses no event, however the endpoint responds."""

import json

import pytest
from face_broadcaster.main import handler
from facelib.domain import limits
from facelib.domain.job import Status
from facelib.messages.deliveries import MalformedRecord
from facelib.stores import clients
from facelib.stores.listeners import connections as connection_rows
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.subscriptions import SHARDS

from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.stream import (
    JOBS,
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


def test_each_listener_receives_a_batch_in_order_in_one_post(
    connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a=", "b=", "c=")
    jobs = [ended_job() for _ in range(10)]

    assert handler(stream_event(*map(record, jobs)), context) == {"batchItemFailures": []}

    for connection_id in ("a=", "b=", "c="):
        assert len(endpoint.frames[connection_id]) == 1
        assert event_ids(endpoint.frames[connection_id]) == [job.event_id for job in jobs]


def test_frames_stay_below_the_limit(connections: ConnectionStore, endpoint: Endpoint, context: Context) -> None:
    listen(connections, "a")
    jobs = [ended_job() for _ in range(100)]

    handler(stream_event(*map(record, jobs)), context)

    assert len(endpoint.frames["a"]) > 1
    assert all(len(frame) <= limits.FRAME_BYTES for frame in endpoint.frames["a"])
    assert event_ids(endpoint.frames["a"]) == [job.event_id for job in jobs]


def test_a_listener_of_one_job_receives_only_its_events(
    connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    subscribed, other = ended_job(), ended_job(failed=True)
    listen(connections, "all")
    listen(connections, "one", job_id=subscribed.job_id)
    listen(connections, "none", job_id=ended_job().job_id)

    handler(stream_event(record(other), record(subscribed)), context)

    assert event_ids(endpoint.frames["one"]) == [subscribed.event_id]
    assert event_ids(endpoint.frames["all"]) == [other.event_id, subscribed.event_id]
    assert "none" not in endpoint.frames


def test_a_listener_that_returns_to_all_jobs_receives_each_event_once(
    connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    job, other = ended_job(), ended_job()
    listen(connections, "one", job_id=job.job_id)
    connections.subscribe(Connection("one", OWNER))

    handler(stream_event(record(job), record(other)), context)

    assert event_ids(endpoint.frames["one"]) == [job.event_id, other.event_id]


def test_listeners_receive_events_of_their_owner_only(
    connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "hers", owner="ada")
    listen(connections, "his", owner="bob")

    handler(stream_event(record(ended_job(owner="ada"))), context)

    assert list(endpoint.frames) == ["hers"]


@pytest.mark.parametrize("old", [Status.PENDING, Status.PROCESSING, Status.COMPLETED, Status.FAILED])
def test_the_event_of_a_deletion_contains_only_ids(
    old: Status, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    listen(connections, "theirs", owner="somebody")
    job = ended_job()

    handler(stream_event(record(job.model_copy(update={"status": Status.DELETING}), old)), context)

    assert [json.loads(frame) for frame in endpoint.frames["a"]] == [
        {"events": [{"type": "job.deleted", "event_id": job.event_id, "job_id": job.job_id}]}
    ]
    assert "theirs" not in endpoint.frames


@pytest.mark.parametrize("old", [Status.COMPLETED])
def test_a_change_that_does_not_end_a_job_is_not_an_event(
    old: Status, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    removed = record(ended_job())
    del removed["dynamodb"]["NewImage"]

    handler(stream_event(record(ended_job(), old), removed), context)

    assert not endpoint.frames


def test_the_row_of_a_disconnected_listener_is_deleted_without_a_delay_for_others(
    connections: ConnectionStore, endpoint: Endpoint, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_rows, "_CONNECT_GRACE_SECONDS", -5)
    ids = [f"c{number}" for number in range(20)]
    listen(connections, *ids)
    endpoint.script = lambda connection_id, _: 410 if connection_id in ("c3", "c7") else 200

    handler(stream_event(record(ended_job())), context)

    assert sorted(endpoint.frames) == sorted(set(ids) - {"c3", "c7"})
    left = {one for shard in range(SHARDS) for one in connections.subscriptions.of_shard(OWNER, shard)}
    assert left == set(ids) - {"c3", "c7"}


def test_an_unreadable_record_is_queued_and_does_not_block_others(
    cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    before, after = ended_job(), ended_job()
    broken = record(stored(ended_job()))
    broken["dynamodb"]["NewImage"]["created_at"] = {"S": "yesterday"}
    clients.dynamodb().put_item(TableName=JOBS, Item=broken["dynamodb"]["NewImage"])
    empty = {"eventID": "1", "eventSource": "aws:dynamodb"}

    response = handler(stream_event(record(before), broken, empty, record(after)), context)

    assert response == {"batchItemFailures": []}
    assert event_ids(endpoint.frames["a"]) == [before.event_id, after.event_id]
    bodies = cloud.bodies()
    assert len(bodies) == 2
    assert all(json.loads(body)["kind"] == "malformed" for body in bodies)
    assert not any("faces" in body or "yesterday" in body for body in bodies), (
        "the queued message contains only a job id"
    )
    response = handler(queue_event(*bodies, "no message at all"), context)
    assert len(response["batchItemFailures"]) == 3


def test_a_record_that_becomes_readable_after_a_fix_is_delivered(
    cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a")
    job = stored(ended_job())

    handler(queue_event(MalformedRecord(job_id=job.job_id).model_dump_json()), context)

    assert event_ids(endpoint.frames["a"]) == [job.event_id]


def test_counts_are_logged_as_metrics(
    connections: ConnectionStore, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    listen(connections, "a", "b")

    handler(stream_event(record(ended_job())), context)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    emf = next(line for line in lines if "Listeners" in line)
    assert (emf["Listeners"], emf["Posts"], emf["Gone"], emf["Throttled"], emf["Requeued"]) == (
        [2.0],
        [2.0],
        [0.0],
        [0.0],
        [0.0],
    )
