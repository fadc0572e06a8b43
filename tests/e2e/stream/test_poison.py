"""An unreadable stream record moves to the failure queue, and other events are still delivered."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from facelib.stores.jobs.items import to_item

from benchmarks.load.feed import feed
from tests.support.stack import Stack
from tests.support.stream import ended_job

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_an_unreadable_record_is_queued_and_does_not_delay_others(stack: Stack) -> None:
    table, jobs = stack.aws.client("dynamodb"), stack.outputs["JobsTableName"]
    poison = to_item(ended_job())
    with feed(stack.endpoint_url, jobs) as source, stack.listener() as listener, impatient_queue(stack):
        before, after = source.add(), source.add()
        source.end(before)
        table.put_item(TableName=jobs, Item={**poison, "status": {"S": "processing"}})
        table.put_item(TableName=jobs, Item={**poison, "completed_at": {"S": "yesterday"}, "event_id": {"S": "x"}})
        source.end(after)
        listener.wait_for_job(before)
        listener.wait_for_job(after)
        stack.wait_until(lambda: any(poison["job_id"]["S"] in body for body in set_aside(stack)))
        assert len(listener.of_job(before)) == len(listener.of_job(after)) == 1
        table.delete_item(TableName=jobs, Key={"job_id": poison["job_id"]})


@contextmanager
def impatient_queue(stack: Stack) -> Iterator[None]:
    """Make the delivery queue retry after a second, so that the test does not take minutes."""
    sqs, url = stack.aws.client("sqs"), stack.resource("DeliveryQueue")
    usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


def set_aside(stack: Stack) -> list[str]:
    """Return the messages that reached the failure queue since the last call."""
    sqs, url = stack.aws.client("sqs"), stack.resource("BroadcastFailureQueue")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]
