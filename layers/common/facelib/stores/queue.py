"""Messages to SQS."""

from facelib.stores.clients import sqs


class Queue:
    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, body: str) -> None:
        sqs().send_message(QueueUrl=self._url, MessageBody=body)
