"""Records of the jobs table's stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from facelib.events import JobEvent, event_of
from facelib.job import Status
from facelib.stores.items import from_item

_FINAL: Final = frozenset(status.value for status in Status if status.is_final)


@dataclass(frozen=True)
class OwnedEvent:
    """An event, and whose listeners hear it."""

    owner: str
    event: JobEvent


def event_of_record(record: Mapping[str, Any], public_url: str) -> OwnedEvent | None:
    """The event a record stands for; None where the job did not come to its end with it.

    The event source filters already; this holds for whatever gets past a filter that was changed. Raises LookupError,
    TypeError or ValueError (pydantic's among them) for a record that cannot be read.
    """
    images = record["dynamodb"]
    new, old = images.get("NewImage"), images.get("OldImage", {})
    if new is None or new["status"]["S"] not in _FINAL or old.get("status") == new["status"]:
        return None
    job = from_item({name: value for name, value in new.items() if name != "faces"})
    return OwnedEvent(job.owner, event_of(job, public_url))


def job_id_of_record(record: Mapping[str, Any]) -> str | None:
    """Return the job of a record that cannot be read otherwise; None where not even its key can."""
    try:
        return str(record["dynamodb"]["Keys"]["job_id"]["S"])
    except (LookupError, TypeError):
        return None
