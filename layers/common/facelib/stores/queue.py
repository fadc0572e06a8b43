"""Messages to SQS."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from facelib.errors import QueueRefused
from facelib.stores.clients import sqs

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# A SendMessageBatch holds ten messages, whose total size is limited to that of a single one.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
_BATCH: Final = 10
_BATCH_BYTES: Final = 256 * 1024


class Queue:
    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, body: str, delay_seconds: int = 0) -> None:
        sqs().send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds)

    def send_all(self, bodies: Iterable[str], delay_seconds: int = 0) -> None:
        """Send in as few batches as possible. Raises QueueRefused if any message was refused."""
        for batch in _batches(bodies):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds}
                for number, body in enumerate(batch)
            ]
            refused = sqs().send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
            if refused:
                raise QueueRefused(len(refused), refused[0].get("Message", refused[0]["Code"]))


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == _BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
