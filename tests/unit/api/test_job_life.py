"""Whatever happens to jobs: no object without a job, no picture under another job, no job pending for ever.

Senders, detectors, deletions, retries and the dead-letter queue's consumer run on the real use cases and stores, and
are interleaved, and killed or throttled at any call to AWS. The queue is a model of SQS: it delivers at least once, in
any order, again only when the lease of whoever had the message has expired, and sets a message aside after `RECEIVES`
deliveries.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import httpx
import pytest
from face_deadletter import main as deadletter
from face_detector import main as detector
from face_detector import process
from face_detector.analyse import Analysis
from face_detector.process import DetectionService
from facelib import keys
from facelib.errors import ImageRejected
from facelib.job import FailureReason, ImageFormat, ImageInfo, Status
from facelib.options import Options
from facelib.stores.images import ImageStore
from facelib.stores.items import DELETED, from_item, time_text
from facelib.stores.jobs import JobStore
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.support.account import Cloud
from tests.support.actors import Actor, interleaved
from tests.support.api import Api
from tests.support.context import Context
from tests.support.jobs import DETECTOR, face

RECEIVES = 2
LEASE_SECONDS = 30
_HEAD = b"\xff\xd8\xff photo "
PHOTOS = [_HEAD + b"one", _HEAD + b"two", _HEAD + b"three"]
CORRUPT = _HEAD + b"corrupt"
# No detector comes through this one.
POISON = _HEAD + b"poison"
CONTENTS = [*PHOTOS, CORRUPT, POISON]
IDEMPOTENCY_KEYS = [None, "k1", "k2"]


def etag(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def drawn(data: bytes) -> bytes:
    """Return the result of an image, which tells what image it shows."""
    return b"drawn from " + data


def analyse(data: bytes, options: Options, _: object) -> Analysis:
    if data == CORRUPT:
        raise ImageRejected(FailureReason.CORRUPT_IMAGE, "It cannot be read.")
    if data == POISON:
        raise MemoryError
    image = ImageInfo(width=640, height=480, format=ImageFormat.JPEG, bytes=len(data))
    return Analysis(image, (face(),), {"detect": 1.0}, dict.fromkeys(options.render, drawn(data)))


@dataclass
class Message:
    """A message of the queue; `reader` is who has received it and not yet answered."""

    body: str
    job_id: str
    receives: int = 0
    reader: Actor | None = None

    @property
    def is_free(self) -> bool:
        return self.reader is None


@dataclass
class Seen:
    """What is known of a job from outside: what was uploaded for it, in order, and the end it came to."""

    uploads: list[bytes] = field(default_factory=list)
    is_form: bool = False
    completed: dict[str, Any] | None = None
    is_deleted: bool = False


class JobLife(RuleBasedStateMachine):
    def __init__(self, account: Cloud, api: Api) -> None:
        super().__init__()
        self.account, self.api = account, api
        self.dynamodb, self.s3 = boto3.client("dynamodb"), boto3.client("s3")
        self.actors: list[Actor] = []
        self.queue: list[Message] = []
        self.dead: list[Message] = []
        self.jobs: defaultdict[str, Seen] = defaultdict(Seen)
        self.senders: dict[str, Actor] = {}
        self._is_checked = False
        self._patches = ExitStack()
        self._patches.enter_context(interleaved(self._on_call))

    # ── The world around the service ─────────────────────────────────────────────────────────────────────

    def _on_call(self, actor: Actor | None, operation: str, parameters: dict[str, Any], make: Callable[[], Any]) -> Any:
        if operation == "SendMessage":
            body = parameters["MessageBody"]
            self.queue.append(Message(body, _job_of(body)))
            return {}
        if not operation.startswith(("Get", "Head", "List", "Scan", "Query")):
            self._is_checked = False
        sent = parameters.get("Body")  # the call itself wraps it
        response = make()
        if operation in ("PutItem", "TransactWriteItems"):
            for item in _written(parameters):
                self.jobs[item["job_id"]["S"]].is_form = "kept_until" in item
        if operation == "PutObject" and parameters["Bucket"] == self.account.originals_bucket:
            job_id = cast("str", keys.job_id_of_original(parameters["Key"]))
            self.jobs[job_id].uploads.append(cast("bytes", sent))
            self.queue.append(Message(_created(job_id, response["ETag"].strip('"')), job_id))
        if actor and operation == "UpdateItem" and ":claim" in parameters["ExpressionAttributeValues"]:
            actor.notes["claim"] = parameters["ExpressionAttributeValues"][":claim"]["S"]
        return response

    def _start(self, name: str, work: Callable[[], object]) -> Actor:
        actor = Actor(name, work)
        self.actors.append(actor)
        return actor

    def _items(self) -> dict[str, dict[str, Any]]:
        """Return every job that is stored, in the order in which they were made."""
        rows = self.dynamodb.scan(TableName=self.account.jobs_table)["Items"]
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

    # ── Senders ──────────────────────────────────────────────────────────────────────────────────────────

    @rule(photo=st.sampled_from(CONTENTS), key=st.sampled_from(IDEMPOTENCY_KEYS))
    def add(self, photo: bytes, key: str | None) -> None:
        headers = {"Idempotency-Key": key} if key else {}
        self._start("POST /image", lambda: self.api.post("/image", content=photo, headers=headers))

    @rule(key=st.sampled_from(IDEMPOTENCY_KEYS))
    def ask_for_form(self, key: str | None) -> None:
        headers = {"Idempotency-Key": key} if key else {}

        self._start("POST /uploads", lambda: self.api.post("/uploads", json={}, headers=headers))

    @precondition(lambda self: self._forms())
    @rule(data=st.data(), photo=st.sampled_from(CONTENTS))
    def upload(self, data: st.DataObject, photo: bytes) -> None:
        """Post a form, whether or not it was posted before, and whatever has become of its job."""
        key = keys.original(self._pick(data, self._forms()))
        self.s3.put_object(Bucket=self.account.originals_bucket, Key=key, Body=photo)

    def _forms(self) -> list[str]:
        return [job_id for job_id, seen in self.jobs.items() if seen.is_form]

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self._delete(self._pick(data, list(self.jobs)))

    def _delete(self, job_id: str) -> Actor:
        def work() -> object:
            response = self.api.delete(f"/jobs/{job_id}")
            if response.status_code == 204:
                self.jobs[job_id].is_deleted = True
            return response

        return self._start("DELETE", work)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        job_id = self._pick(data, list(self.jobs))
        self._start("retry", lambda: self.api.post(f"/jobs/{job_id}/retry"))

    # ── The queue ────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: any(message.is_free for message in self.queue))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self._deliver(self._pick(data, [message for message in self.queue if message.is_free]))

    def _deliver(self, message: Message) -> None:
        message.receives += 1
        message.reader = self._start("detector", lambda: detector.handler(_batch(message.body), Context()))
        self._settle()

    @precondition(lambda self: any(message.is_free for message in self.dead))
    @rule(data=st.data())
    def take_dead_letter(self, data: st.DataObject) -> None:
        self._take_dead_letter(self._pick(data, [message for message in self.dead if message.is_free]))

    def _take_dead_letter(self, message: Message) -> None:
        message.reader = self._start("dead letter", lambda: deadletter.handler(_batch(message.body), Context()))
        self._settle()

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        message = self._pick(data, self.queue)
        self.queue.append(Message(message.body, message.job_id))

    def _settle(self) -> None:
        """Take back the messages of readers that have ended: done, or for another try."""
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

    # ── Time, and sudden death ───────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self._running())
    @rule(data=st.data(), calls=st.integers(1, 4))
    def go_on(self, data: st.DataObject, calls: int) -> None:
        actor = self._pick(data, self._running())
        for _ in range(calls):
            if not actor.is_done:
                actor.step()
        self._settle()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self._pick(data, self._running()).finish()
        self._settle()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def throttle(self, data: st.DataObject) -> None:
        self._pick(data, self._running()).throttle()
        self._settle()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        self._pick(data, self._running()).kill()
        self._settle()

    def _let_lease_expire(self, holder: Actor) -> None:
        """Let time pass: a lease is as long as a function may run, and shorter than the queue's visibility timeout."""
        for job_id, item in self._items().items():
            if item.get("claim", {}).get("S") == holder.notes.get("claim", ""):
                self._set(job_id, lease_until=datetime.now(UTC) - timedelta(seconds=1))

    @precondition(lambda self: self._items())
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        gone = datetime.now(UTC) - timedelta(seconds=1)
        self._set(self._pick(data, list(self._items())), expires_at=gone, kept_until=gone)

    @precondition(lambda self: self._unused())
    @rule(data=st.data())
    def let_form_expire(self, data: st.DataObject) -> None:
        self._set(self._pick(data, self._unused()), expires_at=datetime.now(UTC) - timedelta(seconds=1))

    def _unused(self) -> list[str]:
        """Jobs that no detector has taken up yet, and that expire early as long as none does."""
        return [
            job_id
            for job_id, item in self._items().items()
            if item["status"]["S"] == Status.PENDING and "kept_until" in item and "retries" not in item
        ]

    def _set(self, job_id: str, **times: datetime) -> None:
        for name, at in times.items():
            self.dynamodb.update_item(
                TableName=self.account.jobs_table,
                Key={"job_id": {"S": job_id}},
                UpdateExpression=f"SET {name} = :at",
                ConditionExpression="attribute_exists(job_id)",
                ExpressionAttributeValues={":at": {"S": time_text(at)}},
            )

    # ── What must be so ──────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def a_deleted_job_is_gone_and_a_completed_one_keeps_its_outcome_and_its_picture(self) -> None:
        if self._is_checked:
            return
        objects, items = self._objects(), self._items()
        self._is_checked = True
        assert not [job_id for job_id, seen in self.jobs.items() if seen.is_deleted and job_id in items]
        for job_id, item in items.items():
            if item["status"]["S"] != Status.COMPLETED:
                assert not self.jobs[job_id].completed or item["status"]["S"] == Status.DELETING
                continue
            seen, job = self.jobs[job_id], from_item(item)
            outcome = {"event": job.event_id, "etag": item["original_etag"], "faces": job.faces}
            seen.completed = seen.completed or outcome
            assert seen.completed == outcome
            if job.is_expired(datetime.now(UTC)):
                # For the API it does not exist any more, and a late message may remove what is stored of it.
                continue
            shown = {objects[keys.result(job_id, render)] for render in job.options.render}
            assert shown == {drawn(data) for data in seen.uploads if etag(data) == item["original_etag"]["S"]}

    @invariant()
    def a_job_has_the_images_that_were_sent_for_it(self) -> None:
        for seen in self.jobs.values():
            assert seen.is_form or len(set(seen.uploads)) <= 1

    def teardown(self) -> None:
        try:
            self._drain()
            self._check_the_end()
        finally:
            for actor in self._running():
                actor.kill()
            self._patches.close()
            self._clear()

    def _drain(self) -> None:
        """Let everything that was begun come to its end, and repeat every deletion that broke off."""
        while self._running() or self.queue or self.dead:
            for actor in self._running():
                actor.finish()
            self._settle()
            for message in list(self.queue):
                self._deliver(message)
                self._finish_all()
            for message in list(self.dead):
                self._take_dead_letter(message)
                self._finish_all()
        for job_id, item in self._items().items():
            if item["status"]["S"] == Status.DELETING and not from_item(item).is_expired(datetime.now(UTC)):
                self._delete(job_id).finish()
                assert self.jobs[job_id].is_deleted

    def _finish_all(self) -> None:
        for actor in self._running():
            actor.finish()
        self._settle()

    def _check_the_end(self) -> None:
        for actor in (one for one in self.actors if not one.was_killed and not one.was_throttled):
            assert actor.error is None
            assert not isinstance(actor.result, httpx.Response) or actor.result.status_code < 500, actor.result.text
        items, objects, now = self._items(), self._objects(), datetime.now(UTC)
        of_jobs = {job_id: [key for key in objects if job_id in key] for job_id in self.jobs}
        for job_id, keys_of_job in of_jobs.items():
            assert not keys_of_job or job_id in items, "no object without a job"
        assert sum(map(len, of_jobs.values())) == len(objects)
        for job_id, item in items.items():
            job, seen = from_item(item), self.jobs[job_id]
            if job.is_expired(now) or job.status is Status.DELETING:
                continue
            if not job.status.is_final:
                assert job.status is Status.PENDING
                assert not of_jobs[job_id], "no job pending with its image there"
                assert not seen.uploads
                assert seen.is_form is (job.kept_until is not None)
            elif "original_etag" in item and etag(seen.uploads[-1]) == item["original_etag"]["S"]:
                assert keys.original(job_id) in objects, "the original of a job stays with it"

    def _clear(self) -> None:
        for row in self.dynamodb.scan(TableName=self.account.jobs_table)["Items"]:
            self.dynamodb.delete_item(TableName=self.account.jobs_table, Key={"job_id": row["job_id"]})
        for bucket in (self.account.originals_bucket, self.account.results_bucket):
            for one in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                self.s3.delete_object(Bucket=bucket, Key=one["Key"])


def _created(job_id: str, tag: str) -> str:
    s3_object = {"key": keys.original(job_id), "eTag": tag}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "o"}, "object": s3_object}}]})


def _written(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the jobs that one call adds."""
    puts = [one["Put"] for one in parameters.get("TransactItems", ())] or [parameters]
    return [put["Item"] for put in puts if put["Item"].get("status") == {"S": Status.PENDING}]


def _job_of(body: str) -> str:
    return str(keys.job_id_of_original(json.loads(body)["Records"][0]["s3"]["object"]["key"]))


def _batch(body: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": body, "receiptHandle": "r"}]}


@pytest.fixture
def life(account: Cloud, api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[[], JobLife]:
    jobs, images = JobStore(account.jobs_table), ImageStore(account.originals_bucket, account.results_bucket)
    service = DetectionService(jobs, images, cast("Any", type("Detector", (), {"info": DETECTOR})), LEASE_SECONDS, "")
    monkeypatch.setattr(process, "analyse", analyse)
    monkeypatch.setattr(detector, "service", lambda: service)
    monkeypatch.setattr(deadletter, "jobs", lambda: jobs)
    monkeypatch.setattr(deadletter, "images", lambda: images)
    return lambda: JobLife(account, api)


def test_whatever_happens_to_jobs(life: Callable[[], JobLife], job_lives: int) -> None:
    run_state_machine_as_test(
        cast("type[JobLife]", life),
        settings=settings(
            max_examples=job_lives,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
