"""Reads the objects, and the originals among them, from an S3 event."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord

from facelib.domain import object_keys
from facelib.observability import logger


@dataclass(frozen=True)
class OriginalCreated:
    """The upload of a job's original, or a retry, which sends the same event with its number instead of an ETag."""

    job_id: str
    etag: str | None
    retry: int | None = None


def object_records(event: dict[str, Any]) -> Iterator[S3EventRecord]:
    """Yield each record. The `s3:TestEvent` that S3 sends when a notification is configured has none."""
    if "Records" in event:
        yield from S3Event(event).records


def originals_created(event: dict[str, Any]) -> Iterator[OriginalCreated]:
    """Yield each original in the event; log lines written while it is handled carry its job id as correlation id."""
    for record in object_records(event):
        key = record.s3.get_object.key
        job_id = object_keys.job_id_of_original(key)
        if job_id is None:
            logger.warning("Ignored an object that is not an original", extra={"key": key})
            continue
        logger.set_correlation_id(job_id)
        yield OriginalCreated(job_id, record.s3.get_object.get("eTag"), record.get("retry"))
