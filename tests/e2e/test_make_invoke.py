"""`make invoke`: a function's code in a local process, with the environment of the deployed one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra import ROOT
from tests.support.event_cases import CASES, EVENTS, Case, agrees
from tests.support.stack import Stack

STACK = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def invoke(port: int, function: str, event: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra", "invoke", "--port", str(port), function, str(event)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_event_has_a_function_and_an_expected_response() -> None:
    assert {case.event for case in CASES} == set(EVENTS.rglob("*.json"))


@pytest.mark.parametrize("case", [pytest.param(case, id=str(case), marks=STACK) for case in CASES])
def test_an_event_is_answered(case: Case, stack: Stack) -> None:
    done = invoke(stack.local_stack.port, case.function, case.event)
    assert done.returncode == 0, done.stderr
    (response,) = json.loads(done.stdout.splitlines()[-1])["responses"]
    assert agrees(response["response"], case.response), response


def test_without_a_stack_it_explains_how_to_start_one(free_port: int) -> None:
    done = invoke(free_port, "Detector", EVENTS / "detector" / "direct.json")
    assert done.returncode == 2
    assert "make run" in done.stderr


def test_an_unknown_function_lists_the_known_ones(free_port: int) -> None:
    done = invoke(free_port, "Detectr", EVENTS / "detector" / "direct.json")
    assert done.returncode == 2
    assert "Choose one: Api, Authorizer, Detector, DeadLetter, Intake, Broadcaster, WebSocket, Notifier." in done.stderr
