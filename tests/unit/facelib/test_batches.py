"""Each batch is limited in items and bytes; together, the batches contain every item, and are as few as possible."""

import json
from itertools import pairwise
from typing import Any

from face_broadcaster import recipients
from facelib.domain import limits
from facelib.domain.job import Failure, FailureReason
from facelib.messages.batches import batches
from facelib.messages.events import event_of, frames
from facelib.stores.backoff import attempts, jittered
from facelib.stores.queues.event_bus import BusEvent, EventBus
from facelib.stores.queues.queue import MESSAGE_BYTES
from hypothesis import strategies as st

from tests.support.bus import Bus
from tests.support.jobs import completed_job
from tests.support.properties import hold
from tests.support.stream import ended_job

# A backslash takes four bytes when it is encoded as JSON twice: in a frame, and again in a message.
WORST = Failure(reason=FailureReason.INVALID_OPTIONS, detail="\\" * 10_000)


def test_a_batch_is_within_both_limits_and_has_no_room_for_the_next_item() -> None:
    def check(drawn: tuple[list[int], int, int]) -> None:
        sizes, most, most_bytes = drawn
        cut = list(batches(sizes, most, size_of=int, most_bytes=most_bytes))
        assert [size for batch in cut for size in batch] == sizes
        for batch in cut:
            assert len(batch) == 1 or (len(batch) <= most and sum(batch) <= most_bytes)
        for batch, following in pairwise(cut):
            assert len(batch) == most or sum(batch) + following[0] > most_bytes

    hold(100, st.tuples(st.lists(st.integers(0, 50)), st.integers(1, 9), st.integers(1, 60)), check)


def worst_events(count: int) -> list[Any]:
    failed = ended_job(failed=True).model_copy(update={"failure": WORST})
    return [event_of(failed, "https://faces.example") for _ in range(count)]


def test_frames_of_the_longest_events_stay_within_the_byte_limit() -> None:
    made = list(frames(worst_events(200), limits.FRAME_BYTES))

    assert sum(len(json.loads(frame)["events"]) for frame in made) == 200
    assert max(map(len, made)) <= limits.FRAME_BYTES


def test_delivery_queue_messages_stay_within_the_byte_limit() -> None:
    events = worst_events(1_000)
    ids = [f"L0SM9cOFvHcCI{number:03}=" for number in range(1_200)]

    messages = [
        *recipients.deliveries("o" * 64, events, ids, {}),
        *recipients.shard_deliveries("o" * 64, events),
    ]

    assert max(len(message.model_dump_json().encode()) for message in messages) <= MESSAGE_BYTES


def test_bus_events_are_split_into_requests_by_size(monkeypatch: Any) -> None:
    bus = Bus()
    monkeypatch.setattr("facelib.stores.queues.event_bus.event_bridge", lambda: bus)
    completed_at = completed_job().completed_at
    assert completed_at
    events = [BusEvent(detail_type="Job Completed", time=completed_at, detail="x" * 100_000) for _ in range(5)]

    assert EventBus("facecast").put(events) == ()

    assert [len(entries) for entries in bus.requests] == [2, 2, 1]


def test_waits_grow_and_are_random(waits: list[float]) -> None:
    assert list(attempts(8, first_seconds=1, longest_seconds=10)) == list(range(8))
    longest = [1, 2, 4, 8, 10, 10, 10]
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, longest, strict=True))
    assert len({jittered(1) for _ in range(20)}) > 10


def test_there_is_no_wait_before_the_first_attempt_or_after_a_success(waits: list[float]) -> None:
    assert next(attempts(5)) == 0
    assert waits == []
