"""Runs `make erase` on the real stack, as an operator does."""

import subprocess

import pytest

from infra import ROOT
from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

OWNER = "erased"


def erase(stack: Stack, owner: str, typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "erase", f"OWNER={owner}", f"PORT={stack.local_stack.port}"],
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def items_of(stack: Stack, owner: str) -> list[str]:
    pages = stack.aws.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["JobsTableName"])
    items = (item for page in pages for item in page["Items"])
    return [item["job_id"]["S"] for item in items if item.get("owner") == {"S": owner}]


def test_everything_of_an_owner_is_erased(stack: Stack) -> None:
    kept = stack.post_image(one_face(256))
    bucket = stack.outputs["OriginalsBucketName"]
    for number in range(3):
        stack.aws.client("s3").put_object(Bucket=bucket, Key=f"inbox/{OWNER}/{number}.jpg", Body=one_face(256))
    stack.wait_until(lambda: len(items_of(stack, OWNER)) == 3)
    job_ids = items_of(stack, OWNER)

    refused = erase(stack, OWNER, "yes\n")
    assert "Nothing was erased" in refused.stderr
    assert items_of(stack, OWNER) == job_ids

    done = erase(stack, OWNER, f"{OWNER}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    # The text after the question begins a line, even without a terminal.
    assert f"Type the owner's name: \nErased {OWNER}'s 0 keys and 3 jobs." in done.stdout
    assert "Left: 0 jobs, 0 files in the drop folder, 0 keys, 0 connections, 0 counters." in done.stdout
    assert items_of(stack, OWNER) == []
    # A detector that was still running removes its own results.
    stack.wait_until(lambda: not any(stack.objects_of(job_id) for job_id in job_ids))
    assert stack.job(kept)["job_id"] == kept


@pytest.mark.parametrize("owner", ["", "Alice#1"])
def test_an_owner_has_to_be_named(stack: Stack, owner: str) -> None:
    done = erase(stack, owner, "")
    assert done.returncode != 0
    assert "Pass the owner: make erase OWNER=alice" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_stack_it_explains_how_to_start_or_choose_one(free_port: int) -> None:
    command = ["make", "erase", f"OWNER={OWNER}", f"PORT={free_port}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"make run PORT={free_port}" in done.stderr
    assert f"make erase OWNER={OWNER} ENVIRONMENT=default" in done.stderr
