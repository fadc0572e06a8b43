"""Sends events to EventBridge."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AwareDatetime

from facelib.domain.frozen import Frozen
from facelib.messages.batches import batches
from facelib.observability import logger
from facelib.stores.clients import event_bridge

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE: Final = "facecast"
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
_BATCH: Final = 10
_BATCH_BYTES: Final = 256 * 1024


class BusEvent(Frozen):
    """An event in EventBridge's form; `detail` is JSON."""

    detail_type: str
    time: AwareDatetime
    detail: str


class EventBus:
    def __init__(self, name: str) -> None:
        self._name = name

    def put(self, events: Iterable[BusEvent]) -> tuple[BusEvent, ...]:
        """Send the events in order, in as few requests as possible, and return those that the bus did not accept."""
        cut = batches(events, _BATCH, size_of=_size, most_bytes=_BATCH_BYTES)
        return tuple(refused for batch in cut for refused in self._put(batch))

    def _put(self, batch: Sequence[BusEvent]) -> Iterator[BusEvent]:
        try:
            results = event_bridge().put_events(Entries=[self._entry(event) for event in batch])["Entries"]
        except (BotoCoreError, ClientError) as error:
            # Some events may have been accepted, so they may be delivered twice.
            logger.warning("The bus rejected a whole batch", extra={"why": str(error)})
            yield from batch
            return
        for event, result in zip(batch, results, strict=True):
            if "ErrorCode" in result:
                logger.warning("The bus refused an event", extra={"why": result["ErrorCode"]})
                yield event

    def _entry(self, event: BusEvent) -> "PutEventsRequestEntryTypeDef":
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Time": event.time,
            "Detail": event.detail,
        }


def _size(event: BusEvent) -> int:
    """Return the size as EventBridge calculates it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
    """
    time_bytes = 14
    return time_bytes + sum(len(text.encode()) for text in (SOURCE, event.detail_type, event.detail))
