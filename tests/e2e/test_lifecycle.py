"""Deploys a stack, uses it, updates it without losing data, and deletes it completely."""

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import ROOT
from infra.local.deploy import deploy, session
from infra.local.layout import SAMPLE_PHOTO, STACK_NAME, LocalStack
from infra.local.server import running
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

NOTHING = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
MAKE_DEPLOY = ["make", "deploy"]


@pytest.fixture
def local_stack(free_port: int, tmp_path: Path) -> LocalStack:
    return LocalStack(free_port, folder=tmp_path)


def left_in(local_stack: LocalStack) -> Iterator[str]:
    """Yield the names or ids of the resources in the account, including those that SAM shares between stacks."""
    aws = session(local_stack)
    yield from (bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"])
    yield from aws.client("dynamodb").list_tables()["TableNames"]
    yield from aws.client("sqs").list_queues().get("QueueUrls", [])
    yield from (function["FunctionName"] for function in aws.client("lambda").list_functions()["Functions"])
    yield from (layer["LayerName"] for layer in aws.client("lambda").list_layers()["Layers"])
    yield from (source["UUID"] for source in aws.client("lambda").list_event_source_mappings()["EventSourceMappings"])
    yield from (api["Name"] for api in aws.client("apigatewayv2").get_apis()["Items"])
    yield from (group["logGroupName"] for group in aws.client("logs").describe_log_groups()["logGroups"])
    yield from (role["RoleName"] for role in aws.client("iam").list_roles()["Roles"])
    yield from (topic["TopicArn"] for topic in aws.client("sns").list_topics()["Topics"])
    yield from (alarm["AlarmName"] for alarm in aws.client("cloudwatch").describe_alarms()["MetricAlarms"])
    yield from (board["DashboardName"] for board in aws.client("cloudwatch").list_dashboards()["DashboardEntries"])


def test_a_deployment_is_created_updated_and_deleted(local_stack: LocalStack) -> None:
    with running(local_stack) as pid:
        before = set(left_in(local_stack))
        with contextlib.closing(Stack(local_stack, deploy(local_stack, pid))) as stack:
            job_id = stack.post_image(SAMPLE_PHOTO.read_bytes())
            stack.wait_until(lambda: stack.job(job_id)["status"] == "completed")
            job, picture = stack.job(job_id), stack.result(job_id)
            made = stack.addresses
            # The resources of the included template exist.
            assert any("ApiFailureAlarm" in name for name in left_in(local_stack))
            assert STACK_NAME in left_in(local_stack)

        with contextlib.closing(Stack(local_stack, deploy(local_stack, pid, {"JobKeptDays": "2"}))) as stack:
            assert stack.addresses.outputs == made.outputs
            assert stack.http.get("/limits").json()["job_kept_days"] == 2
            assert stack.job(job_id) == job
            assert stack.result(job_id) == picture

        delete(local_stack)
        left = {name for name in left_in(local_stack) if "aws-sam-cli-managed-default" not in name}
        assert left <= before


def test_make_deploy_and_make_delete_work_as_in_the_readme(local_stack: LocalStack) -> None:
    """On an empty local stack, with the questions answered on a terminal."""
    with running(local_stack):
        before = set(left_in(local_stack))
        declined = typed(local_stack, MAKE_DEPLOY, b"[y/N]:", b"n\n", status=2)
        assert "Nothing was deployed" in declined
        assert STACK_NAME not in stacks_of(local_stack)
        first = [*MAKE_DEPLOY, "PARAMETERS=Detector=centerface Access=open"]
        deployed = typed(local_stack, first, b"[y/N]:", b"y\n")
        assert "Successfully created/updated stack" in deployed
        assert any("JobsTable" in name for name in left_in(local_stack))
        assert "make key" not in deployed
        # A second deployment keeps the parameters of the first one.
        again = typed(local_stack, [*MAKE_DEPLOY, "PARAMETERS=Quality=fast"], b"[y/N]:", b"y\n")
        assert "make key" not in again
        parameters = stacks_of(local_stack)[STACK_NAME]
        assert (parameters["Detector"], parameters["DetectionModels"]) == ("centerface", "centerface")
        assert (parameters["Access"], parameters["Quality"]) == ("open", "fast")
        assert "Nothing was deployed: changes can be confirmed only" in without_terminal(local_stack)
        # S3 sends a test event to a new queue; a detector that still processes it would recreate its log group.
        wait_until(lambda: has_logged(local_stack, "DetectorLogs"))
        typed(local_stack, ["make", "delete"], b"Type its name to confirm:", f"{STACK_NAME}\n".encode())
        left = {name for name in left_in(local_stack) if "aws-sam-cli-managed-default" not in name}
        assert left <= before


def stacks_of(local_stack: LocalStack) -> dict[str, dict[str, str]]:
    """Return the parameters of every stack that is not deleted."""
    pages = session(local_stack).client("cloudformation").get_paginator("describe_stacks").paginate()
    return {
        stack["StackName"]: {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
        for page in pages
        for stack in page["Stacks"]
        if stack["StackStatus"] != "DELETE_COMPLETE"
    }


def without_terminal(local_stack: LocalStack) -> str:
    done = subprocess.run(
        MAKE_DEPLOY,
        cwd=ROOT,
        env=local_stack.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    return done.stderr


def has_logged(local_stack: LocalStack, group: str) -> bool:
    logs = session(local_stack).client("logs")
    names = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"] if group in one["logGroupName"]]
    return any(logs.filter_log_events(logGroupName=name)["events"] for name in names)


def typed(local_stack: LocalStack, command: list[str], question: bytes, response: bytes, status: int = 0) -> str:
    """Run a command on a pseudo-terminal, answer its question, and return its output."""
    ours, its = pty.openpty()
    with subprocess.Popen(command, cwd=ROOT, env=local_stack.environment(), stdin=its, stdout=its, stderr=its) as made:
        os.close(its)
        shown, answered = b"", False
        # On Linux, reading from a terminal whose other end is closed is an error (EIO).
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 4_096):
                shown += piece
                if not answered and question in shown:
                    os.write(ours, response)
                    answered = True
        os.close(ours)
    assert made.returncode == status, shown.decode(errors="replace")
    return shown.decode(errors="replace")


def delete(local_stack: LocalStack) -> None:
    """Run `make delete`, and answer its question."""
    done = subprocess.run(
        [sys.executable, "-m", "infra", "delete"],
        cwd=ROOT,
        env=local_stack.environment(),
        input=f"{STACK_NAME}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_delete_requires_the_stacks_name(local_stack: LocalStack) -> None:
    with running(local_stack):
        cloudformation = session(local_stack).client("cloudformation")
        cloudformation.create_stack(StackName=STACK_NAME, TemplateBody=NOTHING)
        wait_until(lambda: STACK_NAME in stacks_of(local_stack))
        refuse(local_stack)
        assert STACK_NAME in stacks_of(local_stack)


def refuse(local_stack: LocalStack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra", "delete"],
        cwd=ROOT,
        env=local_stack.environment(),
        input="yes\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Nothing was deleted" in done.stderr
