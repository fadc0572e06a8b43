"""Records of the jobs table's stream, and the events they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from facelib.events import JobEvent, event_of
from facelib.job import Status
from facelib.stores.items import job_or_tombstone

_NOTIFIED: Final = frozenset({Status.COMPLETED.value, Status.FAILED.value, Status.DELETING.value})


@dataclass(frozen=True)
class OwnedEvent:
    """An event and the owner whose listeners receive it."""

    owner: str
    event: JobEvent


def event_of_record(record: Mapping[str, Any], public_url: str) -> OwnedEvent | None:
    """Return the event of a record, or None if the job did not end, and was not deleted, with this change.

    The event source mapping filters already; this check does not depend on it. Raises LookupError, TypeError or
    ValueError (pydantic's included) for a malformed record.
    """
    images = record["dynamodb"]
    new, old = images.get("NewImage"), images.get("OldImage", {})
    if new is None or new["status"]["S"] not in _NOTIFIED or old.get("status") == new["status"]:
        return None
    job = job_or_tombstone({name: value for name, value in new.items() if name != "faces"})
    return OwnedEvent(job.owner, event_of(job, public_url))


def job_id_of_record(record: Mapping[str, Any]) -> str | None:
    """Return the job id of a record that is malformed otherwise, or None if its key is too."""
    try:
        return str(record["dynamodb"]["Keys"]["job_id"]["S"])
    except (LookupError, TypeError):
        return None
