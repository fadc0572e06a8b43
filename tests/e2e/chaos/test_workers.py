"""A burst while workers crash or hang and S3 repeats events: nothing is lost, duplicated or orphaned.

For longer: `make chaos`, or `pytest tests/e2e/test_chaos.py --chaos-photos 500 --chaos-seed 7 -o timeout=1800`.
Calls that AWS refuses, writes of S3 among them, are in tests/unit/api/test_job_life.py, which can refuse each of them.
"""

import json
import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.photos import one_face
from tests.support.stack import Listener, Stack, wait_until
from tests.support.workers import worker_pids

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_MORTAL = ("DetectorFunction", "ApiFunction", "BroadcasterFunction")
# The minimum time between two kills.
_PAUSE_SECONDS = (1.5, 4.0)
_FIRST_PAUSE_SECONDS = 0.2
_PATIENCE_SECONDS = 180.0
_COPIES = 5
# A detector that hangs delays its job by its lease, and then by the queue's visibility timeout.
_FEW_PHOTOS = 12


class Burst:
    """Sends photos as a careful client does: again, with the same key, until there is a response."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack = stack
        self.photo = one_face(256)
        self.queue_url = stack.outputs["DetectQueueUrl"]
        self.sqs = stack.aws.client("sqs")
        self.seed = seed
        # Responses so far, from any thread.
        self.answered = 0

    def send(self, number: int) -> str:
        headers = {"Idempotency-Key": str(uuid4())}
        if number % 2:
            response = self._request("POST", "/image", content=self.photo, headers=headers)
        else:
            response = self._request("POST", "/uploads", json={}, headers=headers)
            assert self.stack.post_form(response.json()["upload"], self.photo).status_code == 204
        job_id = str(response.json()["job_id"])
        if random.Random(self.seed + number).random() < 0.4:
            self._deliver_again(job_id)
        return job_id

    def _deliver_again(self, job_id: str) -> None:
        """Repeat S3's event for the original: five times at once, and long after the job has ended."""
        body = json.dumps(self.stack.original_created(job_id))
        copies = [{"Id": str(number), "MessageBody": body} for number in range(_COPIES)]
        self.sqs.send_message_batch(QueueUrl=self.queue_url, Entries=copies)
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, DelaySeconds=3)

    def _request(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Repeat a request until there is a response; a worker that is killed while it starts responds with nothing."""
        refused: list[str] = []
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                response = self.stack.http.request(method, path, **request)
            except httpx.TransportError as error:
                refused.append(repr(error))
            else:
                if response.status_code < 500:
                    assert response.is_success, response.text
                    self.answered += 1
                    return response
                refused.append(response.text)
            time.sleep(0.2)
        raise AssertionError(f"{method} {path}: {len(refused)} tries, {refused[:2]} ... {refused[-3:]}")

    def status(self, job_id: str) -> str:
        return str(self._request("GET", f"/jobs/{job_id}").json()["status"])

    def retry(self, job_id: str) -> None:
        assert self._request("GET", f"/jobs/{job_id}").json()["failure"]["reason"] == "internal_error"
        self._request("POST", f"/jobs/{job_id}/retry")

    def delete(self, job_id: str) -> None:
        self._request("DELETE", f"/jobs/{job_id}")


def lease_seconds(stack: Stack) -> float:
    function = stack.aws.client("lambda").get_function_configuration(FunctionName=stack.resource("DetectorFunction"))
    return float(function["Environment"]["Variables"]["LEASE_SECONDS"])


@contextmanager
def hanging_detector(stack: Stack) -> Iterator[list[int]]:
    """Stop a detector, and let it continue after its lease has expired and another one may have its job."""
    stopped, over = list[int](), threading.Event()

    def hang() -> None:
        while not stopped and not over.wait(_FIRST_PAUSE_SECONDS):
            if alive := worker_pids(stack, "DetectorFunction"):
                with suppress(ProcessLookupError):
                    os.kill(alive[0], signal.SIGSTOP)
                    stopped.append(alive[0])

    thread = threading.Thread(target=hang)
    thread.start()
    try:
        yield stopped
        if stopped:
            time.sleep(lease_seconds(stack) + 1)
    finally:
        over.set()
        thread.join()
        for pid in stopped:
            # The emulator has stopped it, if its time was up.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def dying_workers(burst: Burst, seed: int) -> Iterator[list[int]]:
    """Kill one worker after the other, chosen at random, as long as the block lasts.

    The next one is killed after a response since the last: starting a worker may take longer than any pause.
    """
    chance, killed, over = random.Random(seed), list[int](), threading.Event()

    def kill() -> None:
        # The first one is killed at once: an idle machine finishes a small burst within one pause.
        pause, answered = _FIRST_PAUSE_SECONDS, -1
        while not over.wait(pause):
            if burst.answered == answered:
                continue
            alive = [pid for function in _MORTAL for pid in worker_pids(burst.stack, function)]
            if alive:
                pause, answered = chance.uniform(*_PAUSE_SECONDS), burst.answered
                killed.append(chance.choice(alive))
                with suppress(ProcessLookupError):
                    os.kill(killed[-1], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def all_ended(burst: Burst, job_ids: list[str]) -> bool:
    return all(burst.status(job_id) in ("completed", "failed") for job_id in job_ids)


def await_all(burst: Burst, job_ids: list[str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not all_ended(burst, job_ids):
        assert time.monotonic() < deadline, {job_id: burst.status(job_id) for job_id in job_ids}
        time.sleep(0.5)


def test_a_burst_survives_the_death_of_its_workers(stack: Stack, chaos: tuple[int, int]) -> None:
    photos, seed = chaos
    burst = Burst(stack, seed)
    with stack.listener() as listener:
        with dying_workers(burst, seed) as killed, ThreadPoolExecutor(4) as pool:
            job_ids = list(pool.map(burst.send, range(photos)))
        assert killed
        assert_all_end_once(burst, listener, job_ids)
    assert_nothing_is_left(burst, job_ids)


def test_a_burst_survives_a_detector_that_hangs_beyond_its_lease(stack: Stack, chaos: tuple[int, int]) -> None:
    photos, seed = min(chaos[0], _FEW_PHOTOS), chaos[1]
    burst = Burst(stack, seed)
    with stack.listener() as listener:
        listener.wait_for_job(stack.post_image(burst.photo))  # a detector is up
        with hanging_detector(stack) as stopped, ThreadPoolExecutor(4) as pool:
            job_ids = list(pool.map(burst.send, range(photos)))
        assert stopped
        assert_all_end_once(burst, listener, job_ids)
    assert_nothing_is_left(burst, job_ids)


def assert_all_end_once(burst: Burst, listener: Listener, job_ids: list[str]) -> None:
    """Every photo has its own job, which is completed in the end, and listeners receive that event once."""
    photos = len(job_ids)
    patience = _PATIENCE_SECONDS + 60 + photos
    assert len(set(job_ids)) == photos
    await_all(burst, job_ids, patience)
    failed = [job_id for job_id in job_ids if burst.status(job_id) == "failed"]
    for job_id in failed:
        # Its detectors were killed as often as its message is delivered.
        burst.retry(job_id)
    await_all(burst, job_ids, patience)
    assert {burst.status(job_id) for job_id in job_ids} == {"completed"}

    # Listeners that have missed an event request a replay, and distinguish events by their ids.
    for job_id in job_ids:
        listener.wait_for(lambda event, job_id=job_id: event.get("job_id") == job_id)  # type: ignore[misc]
    heard: defaultdict[str, set[str]] = defaultdict(set)
    for event in listener.events:
        if event.get("type") == "job.completed":
            heard[event["job_id"]].add(event["event_id"])
    assert {job_id: len(heard[job_id]) for job_id in job_ids} == dict.fromkeys(job_ids, 1)


def assert_nothing_is_left(burst: Burst, job_ids: list[str]) -> None:
    """Every job is listed once, and once they are deleted, neither object nor message remains."""
    stack = burst.stack
    listed = [job["job_id"] for job in _every_job(stack) if job["job_id"] in set(job_ids)]
    assert sorted(listed) == sorted(job_ids)
    for job_id in job_ids:
        burst.delete(job_id)
    wait_until(lambda: not any(_left(stack, set(job_ids))), seconds=_PATIENCE_SECONDS)


def _every_job(stack: Stack) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = stack.http.get("/jobs", params={"limit": "100", **cursor}).json()
        yield from page["jobs"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def _left(stack: Stack, job_ids: set[str]) -> Iterator[str]:
    """Yield the keys of these jobs' objects in the buckets, and the ids of their messages in the queue."""
    s3 = stack.aws.client("s3")
    for bucket in (stack.outputs["OriginalsBucketName"], stack.outputs["ResultsBucketName"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            yield from (one["Key"] for one in page.get("Contents", []) if job_ids & set(one["Key"].split("/")))
    sqs = stack.aws.client("sqs")
    for queue in (stack.outputs["DetectQueueUrl"], stack.resource("DetectDeadLetterQueue")):
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(names))["Attributes"]
        yield from (f"{name} of {queue}" for name in names if counts[name] != "0")
