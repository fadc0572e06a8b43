"""The use case: broadcast a batch of events, or handle a message from the delivery queue."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from facelib.domain import limits
from facelib.domain.errors import ConnectionGone, DeliveryFailed
from facelib.domain.job import PUBLIC_OWNER
from facelib.messages.deliveries import Delivery, Replay, ShardDelivery
from facelib.messages.events import JobEvent, frames
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.subscriptions import JobSubscription
from facelib.stores.queues.queue import Queue
from facelib.stores.threads import threads
from facelib.stream.job_stream import OwnedEvent
from facelib.stream.replay import Replayer

from face_broadcaster.backpressure import Backpressure
from face_broadcaster.fanout import FanOut, FanOutResult
from face_broadcaster.recipients import LISTENERS_AT_ONCE, deliveries, shard_deliveries

# A failed delivery is requeued this many times, with exponential backoff from 2 to 32 s. After that, the queue itself
# redelivers it, and finally moves it to the failure queue.
_ATTEMPTS: Final = 5
# Delay before retrying a replay for a listener that may still be connecting. If it never connects, it soon counts as
# gone.
_CONNECTING_SECONDS: Final = 3

Counts = Counter[str]


@dataclass(frozen=True)
class Broadcast:
    connections: ConnectionStore
    queue: Queue
    fan_out: FanOut
    replayer: Replayer
    backpressure: Backpressure

    def broadcast(self, owned: Iterable[OwnedEvent], deadline: float) -> Counts:
        """Post the events to their owners' listeners, or queue them by shard for owners with many listeners.

        `split` counts the posts that the queued shards will require; backpressure depends on it.
        """
        by_owner: dict[str, list[JobEvent]] = defaultdict(list)
        for each in owned:
            by_owner[each.owner].append(each.event)
        counts: Counts = Counter()
        for owner, events in by_owner.items():
            self._end_expired(owner)
            everyone = self.connections.subscriptions.of_all(owner, LISTENERS_AT_ONCE + 1)
            # Read after `everyone`, so that a listener that changes its subscription in between is in one of the two.
            of_job = self._of_jobs(owner, events)
            if len(everyone) > LISTENERS_AT_ONCE:
                recipients = self.backpressure.recipients(owner)
                posts = recipients * sum(1 for _ in frames(events, limits.FRAME_BYTES))
                counts.update(listeners=recipients, split=posts, requeued=self._requeue_shards(owner, events))
                everyone, of_job = [], {job_id: _narrow_only(subscriptions) for job_id, subscriptions in of_job.items()}
            counts.update(self._post_or_requeue(owner, events, everyone, of_job, deadline))
        return counts

    def _end_expired(self, owner: str) -> None:
        """Close the connections whose key has expired; their rows are removed first, to stop further events."""
        if owner == PUBLIC_OWNER:
            return
        for connection_id in list(self.connections.subscriptions.with_ended_key(owner, datetime.now(UTC))):
            self.connections.remove(owner, connection_id)
            with suppress(ConnectionGone, DeliveryFailed):
                self.fan_out.connections_api.close(connection_id)

    def handle(self, message: Delivery | ShardDelivery | Replay, deadline: float) -> Counts:
        """Handle a message from the delivery queue. Raises DeliveryFailed if the queue must redeliver it."""
        match message:
            case Delivery():
                return self._deliver(message, deadline)
            case ShardDelivery():
                return self._broadcast_shard(message, deadline)
            case Replay():
                return self._replay(message, deadline)

    def _of_jobs(self, owner: str, events: Sequence[JobEvent]) -> dict[str, list[JobSubscription]]:
        job_ids = list(dict.fromkeys(event.job_id for event in events))
        per_job = threads().map(lambda job_id: list(self.connections.subscriptions.of_job(owner, job_id)), job_ids)
        return {job_id: subscriptions for job_id, subscriptions in zip(job_ids, per_job, strict=True) if subscriptions}

    def _requeue_shards(self, owner: str, events: Sequence[JobEvent]) -> int:
        messages = list(shard_deliveries(owner, events))
        self.queue.send_all(message.model_dump_json() for message in messages)
        return len(messages)

    def _broadcast_shard(self, message: ShardDelivery, deadline: float) -> Counts:
        everyone = list(self.connections.subscriptions.of_shard(message.owner, message.shard))
        return self._post_or_requeue(message.owner, message.events, everyone, {}, deadline)

    def _post_or_requeue(
        self,
        owner: str,
        events: Sequence[JobEvent],
        everyone: Sequence[str],
        of_job: Mapping[str, Sequence[JobSubscription]],
        deadline: float,
    ) -> Counts:
        """Post to the listeners, or queue the deliveries if there are too many for one invocation."""
        pending = list(deliveries(owner, events, everyone, of_job))
        listeners = len(everyone) + sum(map(len, of_job.values()))
        counts = Counter(listeners=listeners)
        if listeners > LISTENERS_AT_ONCE:
            self.queue.send_all(delivery.model_dump_json() for delivery in pending)
            counts.update(requeued=len(pending))
        else:
            counts.update(self._account(self.fan_out.send(pending, deadline)))
        return counts

    def _deliver(self, delivery: Delivery, deadline: float) -> Counts:
        outcome = self.fan_out.send([delivery], deadline)
        all_failed = [refused.connection_ids for refused in outcome.refused] == [delivery.connection_ids]
        if all_failed and delivery.attempt >= _ATTEMPTS:
            raise DeliveryFailed(
                f"Not delivered after {_ATTEMPTS} attempts; listeners affected: {len(delivery.connection_ids)}"
            )
        return self._account(outcome)

    def _replay(self, message: Replay, deadline: float) -> Counts:
        try:
            rest = self.replayer.send(message, deadline)
        except ConnectionGone:
            if self.connections.remove_gone(message.owner, message.connection_id):
                return Counter(gone=1)
            # The listener may still be connecting. The queue itself would redeliver the replay only after the
            # visibility timeout.
            self.queue.send(message.model_dump_json(), delay_seconds=_CONNECTING_SECONDS)
            return Counter(requeued=1)
        if rest:
            self.queue.send(rest.model_dump_json())
        return Counter(posts=1, requeued=int(rest is not None))

    def _account(self, outcome: FanOutResult) -> Counts:
        """Requeue the deliveries that were not posted, and count the results."""
        self.queue.send_all(delivery.model_dump_json() for delivery in outcome.late)
        for refused in outcome.refused:
            later = refused.model_copy(update={"attempt": refused.attempt + 1})
            self.queue.send(later.model_dump_json(), delay_seconds=2 ** min(later.attempt, _ATTEMPTS))
        requeued = len(outcome.late) + len(outcome.refused)
        return Counter(posts=outcome.posts, gone=outcome.gone, throttled=outcome.throttled, requeued=requeued)


def _narrow_only(subscriptions: Iterable[JobSubscription]) -> list[JobSubscription]:
    """Leave out listeners that have since subscribed to all jobs: their shard is read later and includes them."""
    return [subscription for subscription in subscriptions if not subscription.is_widened]
