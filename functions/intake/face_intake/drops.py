"""Objects in the inbox, as S3's events report them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event
from facelib.stores.idempotency import IdempotentRequest


@dataclass(frozen=True)
class Drop:
    """One put of an object: the same key can be put again, and each put is a job of its own."""

    key: str
    size: int
    etag: str
    # S3 numbers the puts of a key. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    sequencer: str

    @property
    def request(self) -> IdempotentRequest:
        """Return what this put alone has in common with its own repeated events.

        The line breaks keep it apart from keys of API clients, which are printable characters.
        """
        return IdempotentRequest(key="\n".join(("inbox", self.key, self.etag, self.sequencer)), fingerprint=self.etag)


def drops(event: dict[str, Any]) -> Iterator[Drop]:
    """Yield each object in the event.

    S3 sends `s3:TestEvent`, which has no records, when a notification is configured.
    """
    for record in S3Event(event).records if "Records" in event else ():
        found = record.s3.get_object
        yield Drop(unquote_plus(found.key), found.size, found.etag, found.sequencer)
