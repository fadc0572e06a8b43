"""How a batch of the stream is processed, and what happens to events that the bus refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from face_notifier.main import handler
from facelib.domain.job import Status

from tests.support.bus import Bus, Queues
from tests.support.context import Context
from tests.support.jobs import completed_job
from tests.support.stream import queue_event, record, stream_event

NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


def job_ids(entries: Any) -> list[str]:
    return [json.loads(entry["Detail"])["job_id"] for entry in entries]


def test_events_are_sent_ten_per_request_in_order(queues: Queues, bus: Bus) -> None:
    jobs = [completed_job() for _ in range(25)]

    assert handler(stream_event(*map(record, jobs)), Context()) == NOTHING_FAILED

    assert [len(entries) for entries in bus.requests] == [10, 10, 5]
    assert job_ids(bus.taken) == [job.job_id for job in jobs]
    assert {(entry["EventBusName"], entry["Source"]) for entry in bus.taken} == {("facecast", "facecast")}


def test_only_refused_events_are_put_again(queues: Queues, bus: Bus) -> None:
    jobs = [completed_job() for _ in range(12)]
    bus.refusals = [{1, 3}, set(), {1}]

    handler(stream_event(*map(record, jobs)), Context())

    assert [job_ids(entries) for entries in bus.requests[2:]] == [
        [jobs[1].job_id, jobs[3].job_id],
        [jobs[3].job_id],
    ]
    assert sorted(job_ids(bus.taken)) == sorted(job.job_id for job in jobs), "each event is accepted exactly once"
    assert queues.retries.bodies() == []


@pytest.mark.parametrize("response", [{0}, None], ids=["refused", "no response"])
def test_events_that_are_refused_repeatedly_wait_in_the_queue(
    queues: Queues, bus: Bus, response: set[int] | None
) -> None:
    """An exception would make the stream redeliver all records; the local stack would repeat this until they expire."""
    job = completed_job()
    bus.refusals = [response] * 3

    assert handler(stream_event(record(job)), Context()) == NOTHING_FAILED

    (waiting,) = queues.retries.bodies()
    assert handler(queue_event(waiting), Context()) == NOTHING_FAILED
    assert job_ids(bus.taken) == [job.job_id]


def test_a_message_that_is_refused_again_stays_in_the_queue(queues: Queues, bus: Bus) -> None:
    jobs = [completed_job() for _ in range(3)]
    bus.is_down = True
    handler(stream_event(*map(record, jobs)), Context())
    bodies = queues.retries.bodies()
    bus.is_down = False
    bus.refusals = [{1}, {0}, {0}]

    response = handler(queue_event(*bodies, "no event"), Context())

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-3"}, {"itemIdentifier": "message-1"}]}
    assert len(bus.taken) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda change: change["dynamodb"]["NewImage"].update(completed_at={"S": "noon"}),
        lambda change: change["dynamodb"]["NewImage"].pop("created_at"),
    ],
)
def test_an_unreadable_record_is_queued_and_does_not_delay_others(
    queues: Queues, bus: Bus, spoil: Callable[[Any], object]
) -> None:
    bad, good = record(completed_job()), completed_job()
    bad["dynamodb"]["Keys"] = {"job_id": {"S": "the-bad-one"}}
    bad["dynamodb"]["NewImage"]["faces"] = {"S": "[[1,2,3]]"}
    spoil(bad)

    assert handler(stream_event(bad, record(good)), Context()) == NOTHING_FAILED

    assert job_ids(bus.taken) == [good.job_id]
    (aside,) = map(json.loads, queues.failures.bodies())
    assert aside == {"kind": "malformed", "job_id": "the-bad-one", "record_id": bad["eventID"]}


def test_a_batch_without_events_does_not_cause_a_request_to_the_bus(queues: Queues, bus: Bus) -> None:
    handler(stream_event(record(completed_job(), old=Status.COMPLETED)), Context())

    assert bus.requests == []
