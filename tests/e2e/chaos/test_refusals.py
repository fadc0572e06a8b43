"""A burst of photos while AWS refuses calls: photos complete, quotas are exact, and no event is lost."""

import json
from typing import Final
from uuid import uuid4

import pytest

from tests.support.burst import Burst, assert_all_completed, assert_heard_once, assert_nothing_is_left, has_heard
from tests.support.keys import Holder, holder
from tests.support.refusals import refusing
from tests.support.stack import Listener, Stack, wait_until
from tests.support.subscription import subscribed

pytestmark = [pytest.mark.stack, pytest.mark.chaos, pytest.mark.xdist_group("closed")]

_FEW_PHOTOS: Final = 60
# A message whose handling failed is delivered again after the queue's visibility timeout of three minutes.
_LATEST_SECONDS: Final = 600
# A refused call is attempted three times. If half of the attempts are refused, one call in eight fails.
_HALF: Final = 0.5
_BUCKETS: Final = {"s3:PUT": _HALF, "s3:POST": _HALF, "s3:DELETE": _HALF}
# The bus is down: events that it refuses are queued, in batches.
_EVENTS: Final = {
    "events:PutEvents": 1.0,
    "sqs:SendMessageBatch": _HALF,
    "sqs:SendMessage": _HALF,
    # Half of the posts are refused three times in a row, and are then repeated from a queue.
    "connections:POST": 0.8,
}


@pytest.fixture
def sender(closed_stack: Stack) -> Holder:
    """Return a new owner who does not have any jobs, and whose images are counted."""
    return holder(closed_stack, f"sender-{uuid4().hex[:8]}")


def burst_of(sender: Holder, seed: int) -> Burst:
    return Burst(sender.stack, seed, {"Authorization": f"Bearer {sender.key}"})


def images_counted(sender: Holder) -> int:
    """Return how many images are counted for the owner, over all days: the test may run at midnight."""
    rows = sender.stack.aws.client("dynamodb").scan(TableName=sender.stack.outputs["AccessTableName"])["Items"]
    mine = [row for row in rows if row["record_id"]["S"].startswith(f"usage#{sender.stored.owner}#")]
    return sum(int(row["images"]["N"]) for row in mine)


def test_a_burst_survives_buckets_that_refuse_writes(sender: Holder, chaos: tuple[int, int]) -> None:
    photos, seed = min(chaos[0], _FEW_PHOTOS), chaos[1]
    stack, burst = sender.stack, burst_of(sender, seed)
    with (
        refusing(stack, _BUCKETS, seed) as refusals,
        stack.listener(f"?ticket={sender.ticket()}") as listener,
    ):
        job_ids = burst.send_all(photos)
        assert_all_completed(burst, job_ids)
        assert refusals.refused["s3:PUT"]
        assert_heard_once(listener, job_ids)
        assert {job["job_id"] for job in burst.every_job()} == set(job_ids), "every job has its image"
        assert images_counted(sender) == photos
        refusals.is_over = True
        assert_nothing_is_left(burst, job_ids)


def position_of(listener: Listener) -> str:
    """Return the position of the stream at which the listener connected."""
    listener.socket.send('{"action": "hello"}')
    return str(listener.wait_for(lambda event: event["type"] == "connected")["position"])


def has_given_up(stack: Stack) -> bool:
    return stack.messages("BroadcastFailureQueue") > 0


def test_a_burst_survives_refusals_by_queues_bus_and_listeners(sender: Holder, chaos: tuple[int, int]) -> None:
    """The bus receives each event, and so does each listener: live, or in a replay if the delivery failed."""
    photos, seed = min(chaos[0], _FEW_PHOTOS), chaos[1]
    stack, burst = sender.stack, burst_of(sender, seed)
    with (
        refusing(stack, _EVENTS, seed) as refusals,
        subscribed(stack) as subscription,
        stack.listener(f"?ticket={sender.ticket()}") as one,
        stack.listener(f"?ticket={sender.ticket()}") as other,
    ):
        positions = [position_of(listener) for listener in (one, other)]
        job_ids = burst.send_all(photos)
        assert_all_completed(burst, job_ids)
        refusals.is_over = True
        assert set(refusals.refused) == set(_EVENTS)
        for listener, position in zip((one, other), positions, strict=True):
            # Undelivered events are in the failure queue, and listeners receive them in a replay.
            wait_until(
                lambda listener=listener: has_heard(listener, job_ids) or has_given_up(stack),  # type: ignore[misc]
                seconds=_LATEST_SECONDS,
            )
            if not has_heard(listener, job_ids):
                listener.socket.send(json.dumps({"action": "replay", "after": position}))
            assert_heard_once(listener, job_ids)
        # Events that the bus refused are sent again from a queue, whose visibility timeout is one minute.
        subscription.wait_until(lambda: all(subscription.of_job(job_id) for job_id in job_ids), seconds=300)
    published = [event["detail"]["event_id"] for event in subscription.events]
    assert len(set(published)) == len(job_ids), "an event may be put twice, but always with the same id"
    assert_nothing_is_left(burst, job_ids)
