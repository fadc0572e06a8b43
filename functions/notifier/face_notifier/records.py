"""Records of the jobs table's stream."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from facelib.job import Status
from facelib.settings import NotifierSettings
from facelib.stores.event_bus import BusEvent
from facelib.stores.items import from_item

from face_notifier.details import deleted_event, ended_event


def event_of_record(record: Mapping[str, Any], settings: NotifierSettings) -> BusEvent | None:
    """Return the event a record stands for; None where no job came to its end or was deleted with it.

    The event source filters already; this holds for whatever gets past a filter that was changed. Raises LookupError,
    TypeError or ValueError (pydantic's among them) for a record that cannot be read.
    """
    change = record["dynamodb"]
    new, old = change.get("NewImage", {}), change.get("OldImage", {})
    # Repeating a deletion writes the same status again; records of idempotency keys have none.
    if "status" not in new or new["status"] == old.get("status"):
        return None
    status = Status(new["status"]["S"])
    if status is Status.DELETING:
        at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
        return deleted_event(new["job_id"]["S"], new["owner"]["S"], at)
    if not status.is_final:
        return None
    return ended_event(from_item({name: value for name, value in new.items() if name != "faces"}), settings)
