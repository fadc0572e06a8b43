"""A consumer of the event bus: docs/examples/rule-to-queue.yaml, deployed unchanged."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from infra import ROOT
from tests.support.stack import TIMEOUT_SECONDS, Stack, wait_until

RULE = ROOT / "docs" / "examples" / "rule-to-queue.yaml"


@dataclass
class Subscription:
    """The example's queue, and all events received from it."""

    sqs: Any
    queue_url: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def of_job(self, job_id: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["detail"]["job_id"] == job_id]

    def types_of_job(self, job_id: str) -> list[str]:
        return [event["detail-type"] for event in self.of_job(job_id)]

    def wait_until(self, condition: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> None:
        """Receive messages until the condition holds, and then any others that have already arrived."""

        def is_so() -> bool:
            self._take(seconds=1)
            return condition()

        wait_until(is_so, pause=0, seconds=seconds)
        while self._take(seconds=0):
            pass

    def _take(self, seconds: int) -> int:
        """Receive some messages, waiting up to `seconds` for the first, and return the number of messages."""
        response = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds)
        messages = response.get("Messages", [])
        for message in messages:
            self.events.append(json.loads(message["Body"]))
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)


@contextmanager
def subscribed(stack: Stack) -> Iterator[Subscription]:
    """Deploy the example in addition to the stack, and remove it afterwards."""
    cloudformation, name = stack.aws.client("cloudformation"), f"jobs-{uuid4().hex[:8]}"
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=RULE.read_text(),
        Parameters=[{"ParameterKey": "EventBusName", "ParameterValue": stack.outputs["EventBusName"]}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    try:
        (made,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        yield Subscription(stack.aws.client("sqs"), made["Outputs"][0]["OutputValue"])
    finally:
        cloudformation.delete_stack(StackName=name)
