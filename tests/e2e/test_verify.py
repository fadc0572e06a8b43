"""Runs `make verify` against two local stacks: an open one, and one that requires keys."""

import subprocess

import pytest

from infra import ROOT
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack]

CHECKS = (
    "health",
    "refusal",
    "first photo",
    "upload of 5 MB",
    "Rekognition's API",
    "2 parallel clients",
    "10 listeners",
    "drop folder",
    "deletion",
)


def verify(stack: Stack) -> "subprocess.CompletedProcess[str]":
    command = ["make", "verify", f"PORT={stack.local_stack.port}", "CLIENTS=2", "LISTENERS=10"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)


def passed(done: "subprocess.CompletedProcess[str]") -> list[str]:
    return [name for name in CHECKS if f"ok      {name:<20} " in done.stdout]


@pytest.mark.xdist_group("stack")
def test_everything_works_on_an_open_stack(stack: Stack) -> None:
    before = {job["job_id"] for job in stack.http.get("/jobs", params={"limit": 100}).json()["jobs"]}
    done = verify(stack)
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed(done) == list(CHECKS)
    after = {job["job_id"] for job in stack.http.get("/jobs", params={"limit": 100}).json()["jobs"]}
    assert after <= before, "the jobs of the checks are deleted"


@pytest.mark.xdist_group("closed")
def test_everything_works_with_a_key_that_is_removed_afterwards(closed_stack: Stack) -> None:
    keys = closed_stack.aws.client("dynamodb")
    before = keys.scan(TableName=closed_stack.outputs["KeysTableName"])["Items"]
    done = verify(closed_stack)
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed(done) == list(CHECKS)
    assert "401 without a key" in done.stdout
    assert keys.scan(TableName=closed_stack.outputs["KeysTableName"])["Items"] == before
