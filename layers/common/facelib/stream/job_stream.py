"""Records of the jobs table's stream, and their events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from facelib.domain.job import Job, Status, Tombstone
from facelib.messages.events import JobEvent, event_of
from facelib.stores.jobs.items import job_or_tombstone

_NOTIFIED: Final = frozenset({Status.COMPLETED.value, Status.FAILED.value, Status.DELETING.value})


@dataclass(frozen=True)
class OwnedEvent:
    """An event and the owner whose listeners receive it."""

    owner: str
    event: JobEvent


def event_of_record(record: Mapping[str, Any], public_url: str) -> OwnedEvent | None:
    """Return the event of a record, or None if the change did not end, correct or delete a job.

    Raises the same errors as `job_of_record`.
    """
    job = job_of_record(record)
    return OwnedEvent(job.owner, event_of(job, public_url)) if job else None


def job_of_record(record: Mapping[str, Any]) -> Job | Tombstone | None:
    """Return the job that this change ended, corrected or deleted, without its faces; None for any other change.

    The event source mapping already filters records, but this check does not rely on it. Raises LookupError, TypeError
    or ValueError (including pydantic's ValidationError) for a malformed record.
    """
    try:
        return _job_of_images(record["dynamodb"])
    except (ArithmeticError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a record of a job: {error!r}") from None


def _job_of_images(images: Mapping[str, Any]) -> Job | Tombstone | None:
    new, old = images.get("NewImage"), images.get("OldImage", {})
    # An idempotency record does not have a status. A change without a new event id does not cause an event.
    if new is None or "status" not in new or old.get("event_id") == new.get("event_id"):
        return None
    if new["status"]["S"] not in _NOTIFIED:
        return None
    return job_or_tombstone({name: value for name, value in new.items() if name != "faces"})


def job_id_of_record(record: Mapping[str, Any]) -> str | None:
    """Return the job id of a malformed record, or None if its key is also malformed."""
    try:
        return str(record["dynamodb"]["Keys"]["job_id"]["S"])
    except (LookupError, TypeError):
        return None
