"""Sends messages to SQS."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from facelib.domain.errors import QueueRefused
from facelib.messages.batches import batches
from facelib.stores.backoff import attempts
from facelib.stores.clients import sqs

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef, SendMessageBatchRequestEntryTypeDef

# A SendMessageBatch contains up to ten messages; the size limit for a single message also applies to their total.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
_BATCH: Final = 10
MESSAGE_BYTES: Final = 256 * 1024
_ATTEMPTS: Final = 4


class Queue:
    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, body: str, delay_seconds: int = 0) -> None:
        sqs().send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds)

    def send_all(self, bodies: Iterable[str], delay_seconds: int = 0) -> None:
        """Send in as few batches as possible. Raises QueueRefused at the end if SQS did not accept all messages."""
        refused = [
            failure
            for batch in batches(bodies, _BATCH, size_of=lambda body: len(body.encode()), most_bytes=MESSAGE_BYTES)
            for failure in self._send_batch(batch, delay_seconds)
        ]
        if refused:
            raise QueueRefused(len(refused), refused[0].get("Message", refused[0]["Code"]))

    def _send_batch(self, batch: Sequence[str], delay_seconds: int) -> "Sequence[BatchResultErrorEntryTypeDef]":
        """Send a batch, retry messages that SQS may accept later, and return the errors of those still refused."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds} for number, body in enumerate(batch)
        ]
        hopeless: list[BatchResultErrorEntryTypeDef] = []
        refused: list[BatchResultErrorEntryTypeDef] = []
        for _ in attempts(_ATTEMPTS):
            failed = sqs().send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
            hopeless += [each for each in failed if each["SenderFault"]]
            refused = [each for each in failed if not each["SenderFault"]]
            if not refused:
                break
            left = {each["Id"] for each in refused}
            entries = [entry for entry in entries if entry["Id"] in left]
        return [*hopeless, *refused]
