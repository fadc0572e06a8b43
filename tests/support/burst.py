"""A burst of photos while something goes wrong, and what must be true when it is over."""

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

from tests.support.photos import one_face
from tests.support.stack import Listener, Stack, wait_until

BURST_TIMEOUT_SECONDS: Final = 180.0
_COPIES: Final = 5
_ENDED: Final = ("completed", "failed")


@dataclass
class Burst:
    """Sends photos like a careful client: it repeats a request with the same key until there is a response."""

    stack: Stack
    seed: int
    headers: Mapping[str, str] = field(default_factory=dict)
    photo: bytes = field(default_factory=lambda: one_face(256))
    # The number of responses so far, from all threads.
    answered: int = 0

    def send_all(self, photos: int) -> list[str]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.send, range(photos)))

    def send(self, number: int) -> str:
        headers = {"Idempotency-Key": str(uuid4())}
        if number % 2:
            response = self.request("POST", "/image", content=self.photo, headers=headers)
        else:
            response = self.request("POST", "/uploads", json={}, headers=headers)
            form = response.json()["upload"]
            assert self._repeat("the form", lambda: self.stack.post_form(form, self.photo)).status_code == 204
        job_id = str(response.json()["job_id"])
        if random.Random(self.seed + number).random() < 0.4:
            self._deliver_again(job_id)
        return job_id

    def _deliver_again(self, job_id: str) -> None:
        """Repeat S3's event for the original: five times simultaneously, and long after the job has ended."""
        sqs, queue_url = self.stack.aws.client("sqs"), self.stack.outputs["DetectQueueUrl"]
        body = json.dumps(self.stack.original_created(job_id))
        copies = [{"Id": str(number), "MessageBody": body} for number in range(_COPIES)]
        sqs.send_message_batch(QueueUrl=queue_url, Entries=copies)
        sqs.send_message(QueueUrl=queue_url, MessageBody=body, DelaySeconds=3)

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> httpx.Response:
        given = {**self.headers, **(headers or {})}
        response = self._repeat(path, lambda: self.stack.http.request(method, path, headers=given, **sent))
        assert response.is_success, response.text
        self.answered += 1
        return response

    def _repeat(self, name: str, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Repeat a request until there is a response: a worker that is killed while it starts does not respond."""
        refused: list[str] = []
        deadline = time.monotonic() + BURST_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                response = ask()
            except httpx.TransportError as error:
                refused.append(repr(error))
            else:
                if response.status_code < 500:
                    return response
                refused.append(response.text)
            time.sleep(0.2)
        raise AssertionError(f"{name}: {len(refused)} tries, {refused[:2]} ... {refused[-3:]}")

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.request("GET", f"/jobs/{job_id}").json())

    def status(self, job_id: str) -> str:
        return str(self.job(job_id)["status"])

    def await_end(self, job_ids: Iterable[str], seconds: float = BURST_TIMEOUT_SECONDS) -> list[str]:
        """Wait until the jobs have ended, and return those that failed."""
        left, failed, deadline = list(job_ids), list[str](), time.monotonic() + seconds
        while left:
            statuses = {job_id: self.status(job_id) for job_id in left}
            failed += [job_id for job_id in left if statuses[job_id] == "failed"]
            left = [job_id for job_id in left if statuses[job_id] not in _ENDED]
            assert not left or time.monotonic() < deadline, statuses
            time.sleep(0.5 if left else 0)
        return failed

    def retry(self, job_id: str) -> None:
        assert self.job(job_id)["failure"]["reason"] == "internal_error"
        self.request("POST", f"/jobs/{job_id}/retry")

    def every_job(self) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            page = self.request("GET", "/jobs", params={"limit": "100", **cursor}).json()
            yield from page["jobs"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


def assert_all_completed(burst: Burst, job_ids: list[str]) -> None:
    """Check that every photo has its own job, and that each job is completed in the end."""
    timeout = BURST_TIMEOUT_SECONDS + 60 + len(job_ids)
    assert len(set(job_ids)) == len(job_ids)
    failed = burst.await_end(job_ids, timeout)
    for job_id in failed:
        # The job's message was delivered as often as the queue allows, and the detector failed each time.
        burst.retry(job_id)
    assert burst.await_end(failed, timeout) == []


def assert_heard_once(listener: Listener, job_ids: list[str]) -> None:
    """Check that each job has one completion event. It may be posted repeatedly; its id identifies repeats."""
    wait_until(lambda: has_heard(listener, job_ids), seconds=BURST_TIMEOUT_SECONDS)
    heard = _completions(listener)
    assert {job_id: len(heard[job_id]) for job_id in job_ids} == dict.fromkeys(job_ids, 1)


def has_heard(listener: Listener, job_ids: list[str]) -> bool:
    """Return whether a listener has received a completion event for each of these jobs."""
    return set(job_ids) <= set(_completions(listener))


def _completions(listener: Listener) -> Mapping[str, set[str]]:
    """Return, for each job, the ids of the completion events that a listener has received."""
    heard: defaultdict[str, set[str]] = defaultdict(set)
    for event in list(listener.events):
        if event.get("type") == "job.completed":
            heard[event["job_id"]].add(event["event_id"])
    return heard


def assert_nothing_is_left(burst: Burst, job_ids: list[str]) -> None:
    """Check that every job is listed once, then delete the jobs and check that no object or message remains."""
    stack = burst.stack
    listed = [job["job_id"] for job in burst.every_job() if job["job_id"] in set(job_ids)]
    assert sorted(listed) == sorted(job_ids)
    for job_id in job_ids:
        burst.request("DELETE", f"/jobs/{job_id}")
    wait_until(lambda: not any(_left(stack, set(job_ids))), seconds=BURST_TIMEOUT_SECONDS)


def _left(stack: Stack, job_ids: set[str]) -> Iterator[str]:
    """Yield the keys of these jobs' objects in the buckets, and the queues that hold messages."""
    s3 = stack.aws.client("s3")
    for bucket in (stack.outputs["OriginalsBucketName"], stack.outputs["ResultsBucketName"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            yield from (one["Key"] for one in page.get("Contents", []) if job_ids & set(one["Key"].split("/")))
    yield from (queue for queue in ("DetectQueue", "DetectDeadLetterQueue") if stack.messages(queue))
