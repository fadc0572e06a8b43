"""`make invoke`: a function's code in a local process, with the environment of the deployed one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra import ROOT
from tests.support.event_cases import CASES, EVENTS, agrees
from tests.support.stack import Stack

STACK = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


FUNCTIONS = sorted({case.function for case in CASES})


def invoke(port: int, function: str, *events: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra", "invoke", "--port", str(port), function, *map(str, events)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_event_has_a_function_and_an_expected_response() -> None:
    assert {case.event for case in CASES} == set(EVENTS.rglob("*.json"))


@pytest.mark.parametrize("function", [pytest.param(name, marks=STACK) for name in FUNCTIONS])
def test_each_event_is_answered(function: str, stack: Stack) -> None:
    cases = [case for case in CASES if case.function == function]
    done = invoke(stack.local_stack.port, function, *(case.event for case in cases))
    assert done.returncode == 0, done.stderr
    responses = json.loads(done.stdout.splitlines()[-1])["responses"]
    for case, response in zip(cases, responses, strict=True):
        assert agrees(response["response"], case.response), response


def test_without_a_stack_it_explains_how_to_start_one(free_port: int) -> None:
    done = invoke(free_port, "Detector", EVENTS / "detector" / "direct.json")
    assert done.returncode == 2
    assert "make run" in done.stderr


def test_an_unknown_function_lists_the_known_ones(free_port: int) -> None:
    done = invoke(free_port, "Detectr", EVENTS / "detector" / "direct.json")
    assert done.returncode == 2
    assert "Choose one: Api, Authorizer, Detector, DeadLetter, Intake, Broadcaster, WebSocket, Notifier." in done.stderr
