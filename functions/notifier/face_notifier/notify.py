"""The use case: put events on the bus, and queue those that it refuses."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from facelib.messages.deliveries import MalformedRecord
from facelib.stores.backoff import attempts
from facelib.stores.queues.event_bus import BusEvent, EventBus
from facelib.stores.queues.queue import Queue

# The stream waits for these attempts, so further attempts are made through the queue.
_ATTEMPTS: Final = 3
_FIRST_WAIT_SECONDS: Final = 0.15
_QUEUE_DELAY_SECONDS: Final = 30


@dataclass(frozen=True)
class Notifier:
    """`retries` is the queue that this function consumes, `failures` its dead-letter queue."""

    bus: EventBus
    retries: Queue
    failures: Queue

    def notify(self, events: Sequence[BusEvent], malformed: Sequence[MalformedRecord]) -> Counter[str]:
        """Put the events on the bus, and queue malformed records and the events that the bus refuses every time."""
        refused = self.put(events)
        self.retries.send_all((event.model_dump_json() for event in refused), delay_seconds=_QUEUE_DELAY_SECONDS)
        # Malformed records go to the dead-letter queue at once, because another attempt would fail in the same way.
        self.failures.send_all(record.model_dump_json() for record in malformed)
        return Counter(put=len(events) - len(refused), requeued=len(refused), malformed=len(malformed))

    def put(self, events: Sequence[BusEvent]) -> Sequence[BusEvent]:
        """Put the events on the bus, try refused ones again, and return those that the bus refuses every time."""
        refused = events
        for _ in attempts(_ATTEMPTS, _FIRST_WAIT_SECONDS):
            refused = self.bus.put(refused)
            if not refused:
                break
        return refused
