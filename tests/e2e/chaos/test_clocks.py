"""A burst of photos while the clocks of some processes are wrong; AWS accepts a difference of up to five minutes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from infra import ROOT
from tests.support.burst import BURST_TIMEOUT_SECONDS, Burst, assert_all_completed, assert_nothing_is_left
from tests.support.stack import Stack, wait_until
from tests.support.workers import reconfigured

pytestmark = [pytest.mark.stack, pytest.mark.chaos, pytest.mark.xdist_group("stack")]

_FEW_PHOTOS: Final = 60


def wrong_clock(*offsets: int) -> dict[str, str]:
    """Return the environment of processes whose clock is off by one of these offsets, in seconds."""
    folder = ROOT / "tests" / "support" / "wrong_clock"
    return {"PYTHONPATH": str(folder), "CLOCK_OFFSETS": ",".join(map(str, offsets))}


@contextmanager
def listening(stack: Stack, output: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run the reference listener in its own process, which writes a line for each event."""
    with output.open("wb") as file:
        command = [sys.executable, "-m", "facecast.listener", stack.ws_url]
        process = subprocess.Popen(command, stdout=file, env=os.environ | environment)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def heard(output: Path, job_ids: Sequence[str]) -> list[str]:
    """Return the given jobs that a listener has reported as completed, in order."""
    events = [json.loads(line) for line in output.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [event["job_id"] for event in events if event["type"] == "job.completed" and event["job_id"] in job_ids]


@pytest.mark.parametrize(
    ("function", "offsets"),
    # Replays sort events by the detectors' clocks, so the difference must be smaller than the replay overlap.
    [("ApiFunction", (-240, 240)), ("DetectorFunction", (-20, 0, 20))],
)
def test_a_burst_survives_wrong_clocks(
    stack: Stack, chaos: tuple[int, int], function: str, offsets: tuple[int, ...], tmp_path: Path
) -> None:
    """Each process of the function gets one of the offsets, and listeners are disconnected during the burst."""
    photos, seed = min(chaos[0], _FEW_PHOTOS), chaos[1]
    burst = Burst(stack, seed)
    outputs = [tmp_path / "slow", tmp_path / "fast"]
    with ExitStack() as running:
        running.enter_context(reconfigured(stack, [function], wrong_clock(*offsets)))
        for output, seconds in zip(outputs, (-300, 300), strict=True):
            running.enter_context(listening(stack, output, wrong_clock(seconds)))
        first = await_listeners(stack, burst, outputs)
        job_ids = [*first, *burst.send_all(photos // 2)]
        stack.cut_every_connection()
        job_ids += burst.send_all(photos - photos // 2)
        assert_all_completed(burst, job_ids)
        for output in outputs:
            wait_until(lambda output=output: set(heard(output, job_ids)) == set(job_ids), seconds=BURST_TIMEOUT_SECONDS)  # type: ignore[misc]
        assert [sorted(heard(output, job_ids)) for output in outputs] == [sorted(job_ids)] * len(outputs), (
            "each listener reports each job once"
        )
    assert_nothing_is_left(burst, job_ids)


def await_listeners(stack: Stack, burst: Burst, outputs: Sequence[Path]) -> list[str]:
    """Send photos until each listener has received an event. Return the last job, which all of them receive."""
    sent: list[str] = []

    def all_hear() -> bool:
        sent.append(stack.completed(burst.photo))
        return all(heard(output, sent) for output in outputs)

    wait_until(all_hear, seconds=BURST_TIMEOUT_SECONDS)
    return [sent[-1]]
