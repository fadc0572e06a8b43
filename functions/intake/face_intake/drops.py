"""Objects in the inbox, as reported by S3's events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from facelib.messages.s3_events import object_records
from facelib.stores.jobs.idempotency import IdempotentRequest


@dataclass(frozen=True)
class Drop:
    """One upload of an object: an object can be uploaded again, and each upload becomes a job."""

    key: str
    size: int
    etag: str
    # S3 numbers the uploads to each object key.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    sequencer: str

    @property
    def request(self) -> IdempotentRequest:
        """Return a request whose idempotency key only repeated events of this upload share.

        The line breaks distinguish the key from the keys of API clients, which consist of printable characters.
        """
        return IdempotentRequest(key=f"inbox\n{self.key}\n{self.etag}\n{self.sequencer}", fingerprint=self.etag)


def drops(event: dict[str, Any]) -> Iterator[Drop]:
    """Yield each object in the event."""
    for record in object_records(event):
        s3_object = record.s3.get_object
        # S3 URL-encodes the keys in events, and Powertools does not decode the keys of records.
        yield Drop(unquote_plus(s3_object.key), s3_object.size, s3_object.etag, s3_object.sequencer)
