"""A burst of photos while workers crash or hang and S3 repeats events: nothing is lost, duplicated or orphaned.

For a longer run: `make chaos`, or `pytest tests/e2e/chaos --chaos --chaos-photos 500 --chaos-seed 7 -o timeout=1800`.
"""

import os
import random
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pytest

from tests.support.burst import Burst, assert_all_completed, assert_heard_once, assert_nothing_is_left
from tests.support.photos import one_face
from tests.support.stack import Stack
from tests.support.workers import kill_workers, reconfigured, worker_pids

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_MORTAL: Final = ("DetectorFunction", "ApiFunction", "BroadcasterFunction")
# The pause after a kill is random, within this range, and is repeated until a response has arrived.
_PAUSE_SECONDS: Final = (1.5, 4.0)
_FIRST_PAUSE_SECONDS: Final = 0.2
# A hanging detector delays its job by its lease and then by the queue's visibility timeout.
_FEW_PHOTOS: Final = 12
# The detector hangs longer than its lease, but its function's time-out does not end it.
_LEASE_SECONDS: Final = 5
_HANGS_SECONDS: Final = 900


@contextmanager
def dying_workers(burst: Burst, seed: int) -> Iterator[list[int]]:
    """Kill randomly chosen workers, one at a time, while the block runs.

    After each kill, at least one response must arrive before the next: starting a worker may take longer than a pause.
    """
    chance, killed, over = random.Random(seed), list[int](), threading.Event()

    def kill() -> None:
        # The first kill comes almost immediately, because an idle machine finishes a small burst within one pause.
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


@contextmanager
def hanging_detector(stack: Stack) -> Iterator[str]:
    """Stop a detector in the middle of a job, and let it continue after the block. Yield the job's id."""
    with reconfigured(stack, ["DetectorFunction"], {"LEASE_SECONDS": str(_LEASE_SECONDS)}, timeout=_HANGS_SECONDS):
        while True:
            kill_workers(stack, "DetectorFunction")
            job_id = stack.upload(one_face(7_000))
            stack.wait_until(lambda: stack.job(job_id)["status"] != "pending", pause=0.01)  # noqa: B023
            detectors = worker_pids(stack, "DetectorFunction")
            signal_all(detectors, signal.SIGSTOP)
            # If there is only one process, it is the one that has the job.
            if len(detectors) == 1 and stack.job(job_id)["status"] == "processing":
                break
            signal_all(detectors, signal.SIGCONT)
        try:
            yield job_id
        finally:
            signal_all(detectors, signal.SIGCONT)
        stack.wait_until(lambda: _discarded(stack, job_id))


def signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def _discarded(stack: Stack, job_id: str) -> bool:
    """Return whether a detector has noticed that it lost the job."""
    logs = stack.aws.client("logs").filter_log_events(logGroupName=stack.resource("DetectorLogs"))["events"]
    return any("Discarded the outcome" in line["message"] and job_id in line["message"] for line in logs)


def results_of(stack: Stack, job_id: str) -> dict[str, object]:
    """Return the time at which each result of a job was written, by its key."""
    bucket, prefix = stack.outputs["ResultsBucketName"], f"results/{job_id}/"
    found = stack.aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    return {one["Key"]: one["LastModified"] for one in found}


def test_a_burst_survives_the_death_of_its_workers(stack: Stack, chaos: tuple[int, int]) -> None:
    photos, seed = chaos
    burst = Burst(stack, seed)
    with stack.listener() as listener:
        with dying_workers(burst, seed) as killed:
            job_ids = burst.send_all(photos)
        assert killed
        assert_all_completed(burst, job_ids)
        assert_heard_once(listener, job_ids)
    assert_nothing_is_left(burst, job_ids)


def test_a_burst_survives_a_detector_that_hangs_beyond_its_lease(stack: Stack, chaos: tuple[int, int]) -> None:
    """Another detector takes over the job, and the first one changes nothing when it continues."""
    photos, seed = min(chaos[0], _FEW_PHOTOS), chaos[1]
    burst = Burst(stack, seed)
    with stack.listener() as listener:
        with hanging_detector(stack) as hung:
            job_ids = [hung, *burst.send_all(photos)]
            assert_all_completed(burst, job_ids)
            outcome, results = burst.job(hung), results_of(stack, hung)
        assert (burst.job(hung), results_of(stack, hung)) == (outcome, results)
        assert_heard_once(listener, job_ids)
    assert_nothing_is_left(burst, job_ids)
