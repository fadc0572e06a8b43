"""The building blocks of random job histories: jobs, their senders and readers, and a model of SQS."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from face_deadletter import main as deadletter
from face_detector import main as detector
from face_detector.analyse import Analysis
from facelib.domain import object_keys
from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason, ImageFormat, ImageInfo, Status
from facelib.domain.options import Options
from facelib.stores import clients
from facelib.stores.attributes import time_text
from facelib.stores.jobs.items import DELETED
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.support.account import Cloud
from tests.support.actors import Actor, interleaved
from tests.support.api import Api
from tests.support.context import Context
from tests.support.jobs import face

RECEIVES = 2
LEASE_SECONDS = 30
_HEAD = b"\xff\xd8\xff photo "
PHOTOS = [_HEAD + b"one", _HEAD + b"two", _HEAD + b"three"]
CORRUPT = _HEAD + b"corrupt"
# An image that crashes every detector.
POISON = _HEAD + b"poison"
CONTENTS = [*PHOTOS, CORRUPT, POISON]


def etag(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def drawn(data: bytes) -> bytes:
    """Return the fake result of an image, from which the image can be identified."""
    return b"drawn from " + data


def analyse(data: bytes, options: Options, _: object) -> Analysis:
    if data == CORRUPT:
        raise ImageRejected(FailureReason.CORRUPT_IMAGE, "It cannot be read.")
    if data == POISON:
        raise MemoryError
    image = ImageInfo(width=640, height=480, format=ImageFormat.JPEG, bytes=len(data))
    results = dict.fromkeys(options.render, drawn(data))
    return Analysis(image=image, faces=(face(),), timings_ms={"detect": 1.0}, results=results)


@dataclass
class Message:
    """A message in the queue; `reader` has received it but not yet responded."""

    body: str
    job_id: str
    receives: int = 0
    reader: Actor | None = None

    @property
    def is_free(self) -> bool:
        return self.reader is None


@dataclass
class Seen:
    """What a client knows about a job: its uploads in order, and its outcome."""

    uploads: list[bytes] = field(default_factory=list)
    is_form: bool = False
    is_accepted: bool = False
    completed: dict[str, Any] | None = None
    is_deleted: bool = False


class JobWorld(RuleBasedStateMachine):
    """The service with its real stores, its users, the queue, and what clients know about each job."""

    def __init__(self, account: Cloud, api: Api) -> None:
        super().__init__()
        self.account, self.api = account, api
        self.dynamodb, self.s3 = clients.dynamodb(), clients.s3()
        self.actors: list[Actor] = []
        self.queue: list[Message] = []
        self.dead: list[Message] = []
        self.jobs: defaultdict[str, Seen] = defaultdict(Seen)
        self.senders: dict[str, Actor] = {}
        self._is_checked = False
        # The rows of the table, or None if a call may have changed them since they were read.
        self._known: list[dict[str, Any]] | None = None
        self._patches = ExitStack()
        self._patches.enter_context(interleaved(self._on_call))

    def _on_call(self, actor: Actor | None, operation: str, parameters: dict[str, Any], make: Callable[[], Any]) -> Any:
        if operation == "SendMessage":
            body = parameters["MessageBody"]
            self.queue.append(Message(body, _job_of(body)))
            return {}
        if not operation.startswith(("Get", "Head", "List", "Scan", "Query")):
            self._is_checked, self._known = False, None
        sent = parameters.get("Body")  # Read before the call, which wraps the body.
        response = make()
        if operation in ("PutItem", "TransactWriteItems"):
            for item in _written(parameters):
                self.jobs[item["job_id"]["S"]].is_form = actor is not None and actor.name == "POST /uploads"
        if operation == "PutObject" and parameters["Bucket"] == self.account.originals_bucket:
            job_id = cast("str", object_keys.job_id_of_original(parameters["Key"]))
            self.jobs[job_id].uploads.append(cast("bytes", sent))
            self.queue.append(Message(_created(job_id, response["ETag"].strip('"')), job_id))
        if actor and operation == "UpdateItem" and ":claim" in parameters["ExpressionAttributeValues"]:
            actor.notes["claim"] = parameters["ExpressionAttributeValues"][":claim"]["S"]
        return response

    def _start(self, name: str, work: Callable[[], object]) -> Actor:
        actor = Actor(name, work)
        self.actors.append(actor)
        return actor

    def _rows(self) -> list[dict[str, Any]]:
        if self._known is None:
            self._known = [dict(row) for row in self.dynamodb.scan(TableName=self.account.jobs_table)["Items"]]
        return self._known

    def _items(self) -> dict[str, dict[str, Any]]:
        """Return every stored job, in the order of creation."""
        rows = self._rows()
        stored = {row["job_id"]["S"]: row for row in rows if row.get("status", {"S": DELETED}) != {"S": DELETED}}
        assert set(stored) <= set(self.jobs)
        return {job_id: stored[job_id] for job_id in self.jobs if job_id in stored}

    def _objects(self) -> dict[str, bytes]:
        objects = {}
        for bucket in (self.account.originals_bucket, self.account.results_bucket):
            for one in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                objects[one["Key"]] = self.s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        return objects

    def _running(self) -> list[Actor]:
        return [actor for actor in self.actors if not actor.is_done]

    def _pick(self, data: st.DataObject, options: list[Any]) -> Any:
        return data.draw(st.sampled_from(options))

    def _forms(self) -> list[str]:
        return [job_id for job_id, seen in self.jobs.items() if seen.is_form]

    def _delete(self, job_id: str) -> Actor:
        def work() -> object:
            response = self.api.delete(f"/jobs/{job_id}")
            if response.status_code == 204:
                self.jobs[job_id].is_deleted = True
            return response

        return self._start("DELETE", work)

    def _deliver(self, message: Message) -> None:
        message.receives += 1
        message.reader = self._start("detector", lambda: detector.handler(_batch(message.body), Context()))
        self._settle()

    def _take_dead_letter(self, message: Message) -> None:
        message.reader = self._start("dead letter", lambda: deadletter.handler(_batch(message.body), Context()))
        self._settle()

    def _settle(self) -> None:
        """Remove the messages whose readers have succeeded. Messages whose readers failed stay or move to `dead`."""
        for queue in (self.queue, self.dead):
            for message in [one for one in queue if one.reader and one.reader.is_done]:
                reader, message.reader = cast("Actor", message.reader), None
                if reader.error is None and not reader.result["batchItemFailures"]:
                    queue.remove(message)
                    continue
                self._let_lease_expire(reader)
                if queue is self.queue and message.receives >= RECEIVES:
                    queue.remove(message)
                    self.dead.append(message)

    def _let_lease_expire(self, holder: Actor) -> None:
        """Make the holder's lease expire, because leases are shorter than the queue's visibility timeout."""
        for job_id, item in self._items().items():
            if item.get("claim", {}).get("S") == holder.notes.get("claim", ""):
                self._set(job_id, lease_until=datetime.now(UTC) - timedelta(seconds=1))

    def _set(self, job_id: str, **times: datetime) -> None:
        for name, at in times.items():
            self.dynamodb.update_item(
                TableName=self.account.jobs_table,
                Key={"job_id": {"S": job_id}},
                UpdateExpression=f"SET {name} = :at",
                ConditionExpression="attribute_exists(job_id)",
                ExpressionAttributeValues={":at": {"S": time_text(at)}},
            )

    def _finish_all(self) -> None:
        for actor in self._running():
            actor.finish()
        self._settle()

    def _clear(self) -> None:
        for row in self.dynamodb.scan(TableName=self.account.jobs_table)["Items"]:
            self.dynamodb.delete_item(TableName=self.account.jobs_table, Key={"job_id": row["job_id"]})
        for bucket in (self.account.originals_bucket, self.account.results_bucket):
            for one in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                self.s3.delete_object(Bucket=bucket, Key=one["Key"])


def _created(job_id: str, tag: str) -> str:
    s3_object = {"key": object_keys.original(job_id), "eTag": tag}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "o"}, "object": s3_object}}]})


def _written(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the jobs that one call adds."""
    puts = [one["Put"] for one in parameters.get("TransactItems", ())] or [parameters]
    return [put["Item"] for put in puts if put["Item"].get("status") == {"S": Status.PENDING}]


def _job_of(body: str) -> str:
    return str(object_keys.job_id_of_original(json.loads(body)["Records"][0]["s3"]["object"]["key"]))


def _batch(body: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": body, "receiptHandle": "r"}]}
