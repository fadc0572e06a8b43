"""Posts that fail at first: the listener is still connecting, API Gateway throttles, or there is too little time."""

import pytest
from face_broadcaster.main import handler
from facelib.messages.deliveries import Delivery
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
    record,
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
def test_short_throttling_is_retried_within_the_function(
    status: int, cloud: Queue, connections: ConnectionStore, endpoint: Endpoint, context: Context
) -> None:
    listen(connections, "a", "b", "c")
    endpoint.script = lambda connection_id, before: status if connection_id != "c" and before < 2 else 200
    job = ended_job()

    handler(stream_event(record(job)), context)

    assert {key: event_ids(frames) for key, frames in endpoint.frames.items()} == {key: [job.event_id] for key in "abc"}
    assert cloud.take() == []


@pytest.mark.parametrize("status", [429, 500])
def test_long_throttling_reaches_the_failure_queue_only_after_all_retries(
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
    # Messages in the failure queue are delivered when they are redriven.
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


def test_posts_that_do_not_fit_into_the_remaining_time_are_queued(
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


def test_an_unavailable_queue_makes_the_stream_retry(
    connections: ConnectionStore, endpoint: Endpoint, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(connections, "a")
    endpoint.script = lambda *_: 429
    monkeypatch.setattr("facelib.stores.queues.queue.Queue.send", _refuse)

    with pytest.raises(ConnectionError):
        handler(stream_event(record(ended_job())), context)


def _refuse(*_: object, **__: object) -> None:
    raise ConnectionError
