"""The AWS resources of the stream's functions in moto, and the events that AWS would send."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from facelib.domain import limits
from facelib.domain.job import PUBLIC_OWNER, Failure, FailureReason, Job, Status
from facelib.messages.deliveries import MESSAGE, Delivery, MalformedRecord, Replay, ShardDelivery
from facelib.messages.events import new_event_id
from facelib.stores import clients
from facelib.stores.jobs.index import SHARD, owner_shard
from facelib.stores.jobs.items import to_item
from facelib.stores.listeners.connections import Connection, ConnectionStore

from tests.support.account import create_table

JOBS: Final = "jobs"
CONNECTIONS: Final = "connections"
KEYS: Final = "keys"
OWNER: Final = PUBLIC_OWNER


class Queue:
    """A queue; `take` parses the messages of the delivery queue."""

    def __init__(self, url: str) -> None:
        self.url = url

    def take(self) -> list[Delivery | ShardDelivery | Replay | MalformedRecord]:
        """Return all messages, including delayed ones, in no particular order."""
        return [MESSAGE.validate_json(body) for body in self.bodies()]

    def bodies(self) -> list[str]:
        from moto.backends import get_backend  # noqa: PLC0415 - moto's internals, to read delayed messages
        from moto.core.models import DEFAULT_ACCOUNT_ID  # noqa: PLC0415

        queue = get_backend("sqs")[DEFAULT_ACCOUNT_ID]["us-east-1"].queues[self.url.rpartition("/")[2]]
        bodies = [message.body for message in queue._messages]
        queue._messages.clear()
        return bodies


def create_tables() -> None:
    for name, logical_id in ((CONNECTIONS, "ConnectionsTable"), (JOBS, "JobsTable"), (KEYS, "KeysTable")):
        create_table(name, logical_id)


def create_queue() -> Queue:
    return Queue(clients.sqs().create_queue(QueueName="deliveries")["QueueUrl"])


def listen(connections: ConnectionStore, *ids: str, job_id: str | None = None, owner: str = OWNER) -> None:
    for connection_id in ids:
        connections.add(Connection(connection_id, owner, job_id))


def ended_job(seconds_ago: float = 0, owner: str = OWNER, *, failed: bool = False) -> Job:
    """Return a job that ended this long ago."""
    at, job_id = datetime.now(UTC) - timedelta(seconds=seconds_ago), str(uuid4())
    return Job(
        job_id=job_id,
        owner=owner,
        status=Status.FAILED if failed else Status.COMPLETED,
        created_at=at - timedelta(seconds=1),
        expires_at=at + timedelta(hours=24),
        completed_at=at,
        event_id=new_event_id(at, job_id),
        face_count=None if failed else 1,
        failure=Failure(reason=FailureReason.CORRUPT_IMAGE, detail="cut short") if failed else None,
    )


def stored(job: Job) -> Job:
    clients.dynamodb().put_item(TableName=JOBS, Item=indexed(job))
    return job


def indexed(job: Job, shards: int = limits.INDEX_SHARDS) -> dict[str, Any]:
    """Return a job's item as the table stores it, with the key of its indexes."""
    return to_item(job) | {SHARD: {"S": owner_shard(job.owner, job.job_id, shards)}}


def record(job: Job, old: Status = Status.PROCESSING, *, corrected: bool = False) -> dict[str, Any]:
    """Return the stream record for a job that changed from this status or was corrected."""
    new, set_with_it = indexed(job), set[str]()
    if old is not job.status or corrected:
        set_with_it = {"event_id", "corrected_at"}
    before = {name: value for name, value in new.items() if name not in set_with_it}
    return {
        "eventID": str(uuid4()),
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"NewImage": new, "OldImage": {**before, "status": {"S": old}}},
    }


def stream_event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def queue_event(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:deliveries",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def websocket_event(route: str, connection_id: str = "one", body: str = "", **query: str) -> dict[str, Any]:
    return {
        "requestContext": {"routeKey": route, "connectionId": connection_id, "stage": "ws", "apiId": "face0002"},
        "queryStringParameters": query or None,
        "body": body,
        "isBase64Encoded": False,
    }


def event_ids(frames: Sequence[bytes]) -> list[str]:
    return [event["event_id"] for frame in frames for event in json.loads(frame)["events"]]
