"""Recipients of events: which listeners receive which events, as deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from facelib.domain import limits
from facelib.domain.detail import json_bytes
from facelib.messages.batches import batches
from facelib.messages.deliveries import Delivery, ShardDelivery
from facelib.messages.events import JobEvent, frames
from facelib.stores.listeners.subscriptions import SHARDS, JobSubscription
from facelib.stores.queues.queue import MESSAGE_BYTES

# Maximum number of listeners that one invocation notifies, which takes about a second. More listeners are split over
# several messages on the queue.
LISTENERS_AT_ONCE: Final = 1_000
# Enough for the parts of a queue message other than its frames or events: the owner, and 1,000 listener ids of 16
# characters each.
_REST_BYTES: Final = 32 * 1024
_PAYLOAD_BYTES: Final = MESSAGE_BYTES - _REST_BYTES


def deliveries(
    owner: str,
    events: Sequence[JobEvent],
    everyone: Sequence[str],
    of_job: Mapping[str, Sequence[JobSubscription]],
) -> Iterator[Delivery]:
    """Yield one delivery for all listeners of the same events, or several if they do not fit into one message.

    `everyone` lists the connections that receive all events; `of_job` maps each job to the subscriptions to its events.
    """
    yield from _split(owner, events, everyone)
    notified = frozenset(everyone)
    for job_id, subscriptions in of_job.items():
        ids = [each.connection_id for each in subscriptions if each.connection_id not in notified]
        yield from _split(owner, [event for event in events if event.job_id == job_id], ids)


def shard_deliveries(owner: str, events: Sequence[JobEvent]) -> Iterator[ShardDelivery]:
    """Yield the events for every shard of the owner's listeners."""
    for batch in batches(events, size_of=_bytes_of_event, most_bytes=_PAYLOAD_BYTES):
        for shard in range(SHARDS):
            yield ShardDelivery(owner=owner, shard=shard, events=batch)


def _split(owner: str, events: Sequence[JobEvent], ids: Sequence[str]) -> Iterator[Delivery]:
    if not events or not ids:
        return
    texts = [frame.decode() for frame in frames(events, limits.FRAME_BYTES)]
    for frame_batch in batches(texts, size_of=_bytes_in_json, most_bytes=_PAYLOAD_BYTES):
        for id_batch in batches(ids, LISTENERS_AT_ONCE):
            yield Delivery(owner=owner, frames=frame_batch, connection_ids=id_batch)


def _bytes_of_event(event: JobEvent) -> int:
    return len(event.model_dump_json().encode()) + len(",")


def _bytes_in_json(text: str) -> int:
    return json_bytes(text) + len('"",')
