"""Access to the template's storage in LocalStack, for tests."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from facelib.stores import clients

from infra.template import load
from tests.support.stack import wait_until

STORAGE: Final = (
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
)
# Sections of the template that require functions or SAM's transform.
_OF_FUNCTIONS: Final = {"Globals", "Outputs", "Resources", "Rules", "Transform"}


@dataclass(frozen=True)
class Storage:
    """The template's storage resources in LocalStack: their physical ids by logical id."""

    url: str
    names: dict[str, str]

    def messages(self, queue: str) -> Iterator[dict[str, Any]]:
        """Receive and delete all messages in a queue."""
        for message in clients.sqs().receive_message(QueueUrl=self.names[queue], WaitTimeSeconds=1).get("Messages", ()):
            clients.sqs().delete_message(QueueUrl=self.names[queue], ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])

    def event(self, queue: str) -> dict[str, Any]:
        """Return the next event from S3 in a queue; S3's test events are skipped."""
        found: list[dict[str, Any]] = []

        def received() -> bool:
            found.extend(message for message in self.messages(queue) if "Records" in message)
            return bool(found)

        wait_until(received)
        [event] = found
        return event


def template_of_storage() -> dict[str, Any]:
    whole = load()
    storage = {name: each for name, each in whole["Resources"].items() if each["Type"] in STORAGE}
    # Bucket policies apply only on AWS, and one log group is optional.
    kept = {name: each for name, each in storage.items() if "Condition" not in each}
    # LocalStack looks up only text in a mapping; AWS converts a number to text.
    texts = {
        name: {"Type": "String", "Default": str(each["Default"])} if each["Type"] == "Number" else each
        for name, each in whole["Parameters"].items()
    }
    sections = {name: each for name, each in whole.items() if name not in _OF_FUNCTIONS}
    return sections | {"Parameters": texts, "Resources": kept}
