"""Recipients of events: which listeners receive which events, as deliveries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from facelib import limits
from facelib.deliveries import Delivery, ShardDelivery
from facelib.events import JobEvent, frames
from facelib.stores.subscriptions import SHARDS, JobSubscription

# Recipients of one invocation, which takes about a second for them; more are split over the queue.
LISTENERS_AT_ONCE: Final = 1_000
# Four full frames, quoted inside JSON, and the ids of 1,000 listeners stay below the 256 KB of an SQS message, and so
# do 250 events of less than 1 KB.
_FRAMES_A_DELIVERY: Final = 4
_EVENTS_A_MESSAGE: Final = 250


def deliveries(
    owner: str,
    events: Sequence[JobEvent],
    everyone: Sequence[str],
    of_job: Mapping[str, Sequence[JobSubscription]],
) -> Iterator[Delivery]:
    """Yield deliveries, one for all listeners of the same events (more above 128 KB of events or 1,000 listeners).

    `everyone` are the connections that receive all events, `of_job` those that receive one job's.
    """
    yield from _split(owner, events, everyone)
    notified = frozenset(everyone)
    for job_id, subscriptions in of_job.items():
        ids = [each.connection_id for each in subscriptions if each.connection_id not in notified]
        yield from _split(owner, [event for event in events if event.job_id == job_id], ids)


def shard_deliveries(owner: str, events: Sequence[JobEvent]) -> Iterator[ShardDelivery]:
    """Yield the events for every shard of the owner's listeners."""
    for start in range(0, len(events), _EVENTS_A_MESSAGE):
        batch = tuple(events[start : start + _EVENTS_A_MESSAGE])
        for shard in range(SHARDS):
            yield ShardDelivery(owner=owner, shard=shard, events=batch)


def _split(owner: str, events: Sequence[JobEvent], ids: Sequence[str]) -> Iterator[Delivery]:
    if not events or not ids:
        return
    texts = [frame.decode() for frame in frames(events, limits.FRAME_BYTES)]
    for frame_batch in _batched(texts, _FRAMES_A_DELIVERY):
        for id_batch in _batched(ids, LISTENERS_AT_ONCE):
            yield Delivery(owner=owner, frames=frame_batch, connection_ids=id_batch)


def _batched(items: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch
