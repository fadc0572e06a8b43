"""`make deploy` and `make delete`: a stack is deployed, used, updated without losing data, and deleted completely."""

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import ROOT
from infra.local.deploy import addresses_of, session
from infra.local.layout import SAMPLE_PHOTO, STACK_NAME, LocalStack
from infra.local.server import running
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

NOTHING = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
MAKE_DEPLOY = ["make", "deploy"]
FIRST = "PARAMETERS=Detector=centerface Access=open"
SECOND = "PARAMETERS=Quality=fast JobKeptDays=2"


@pytest.fixture
def local_stack(free_port: int, tmp_path: Path) -> LocalStack:
    return LocalStack(free_port, folder=tmp_path)


def environment(local_stack: LocalStack) -> dict[str, str]:
    """Return an environment in which deployments contain only our own code; tests/packaging tests complete packages."""
    return local_stack.environment() | {"FACECAST_BUILD": "local"}


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


def test_make_deploy_and_make_delete_work_as_in_the_readme(local_stack: LocalStack) -> None:
    """On an empty local stack, with the questions answered on a terminal: declined, created, updated and deleted."""
    with running(local_stack) as pid:
        before = set(left_in(local_stack))
        declined = typed(local_stack, MAKE_DEPLOY, b"[y/N]:", b"n\n", status=2)
        assert "Nothing was deployed" in declined
        assert STACK_NAME not in stacks_of(local_stack)
        created = typed(local_stack, [*MAKE_DEPLOY, FIRST], b"[y/N]:", b"y\n")
        assert "Successfully created/updated stack" in created
        assert "make key" not in created
        # The resources of the included template exist.
        assert any("ApiFailureAlarm" in name for name in left_in(local_stack))
        assert STACK_NAME in left_in(local_stack)
        with contextlib.closing(Stack(local_stack, addresses_of(local_stack, pid))) as stack:
            job_id = stack.post_image(SAMPLE_PHOTO.read_bytes())
            stack.wait_until(lambda: stack.job(job_id)["status"] == "completed")
            job, picture = stack.job(job_id), stack.result(job_id)
            updated = typed(local_stack, [*MAKE_DEPLOY, SECOND], b"[y/N]:", b"y\n")
            assert "make key" not in updated
            assert stack.addresses == addresses_of(local_stack, pid)
            assert stack.http.get("/limits").json()["job_kept_days"] == 2
            assert stack.job(job_id) == job
            assert stack.result(job_id) == picture
        # The second deployment kept the parameters of the first one.
        assert parameters_of(local_stack) >= {
            ("Detector", "centerface"),
            ("DetectionModels", "centerface"),
            ("Access", "open"),
            ("Quality", "fast"),
        }
        refused = piped(local_stack, MAKE_DEPLOY, "", status=2)
        assert "Nothing was deployed: changes can be confirmed only" in refused.stderr
        typed(local_stack, ["make", "delete"], b"Type its name to confirm:", f"{STACK_NAME}\n".encode())
        left = {name for name in left_in(local_stack) if "aws-sam-cli-managed-default" not in name}
        assert left <= before


def parameters_of(local_stack: LocalStack) -> set[tuple[str, str]]:
    return set(stacks_of(local_stack)[STACK_NAME].items())


def stacks_of(local_stack: LocalStack) -> dict[str, dict[str, str]]:
    """Return the parameters of every stack that is not deleted."""
    pages = session(local_stack).client("cloudformation").get_paginator("describe_stacks").paginate()
    return {
        stack["StackName"]: {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
        for page in pages
        for stack in page["Stacks"]
        if stack["StackStatus"] != "DELETE_COMPLETE"
    }


def piped(local_stack: LocalStack, command: list[str], text: str, status: int) -> subprocess.CompletedProcess[str]:
    """Run a command whose input is not a terminal."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment(local_stack), input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def typed(local_stack: LocalStack, command: list[str], question: bytes, response: bytes, status: int = 0) -> str:
    """Run a command on a pseudo-terminal, answer its question, and return its output."""
    ours, its = pty.openpty()
    with subprocess.Popen(command, cwd=ROOT, env=environment(local_stack), stdin=its, stdout=its, stderr=its) as made:
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


def test_delete_requires_the_stacks_name(local_stack: LocalStack) -> None:
    command = [sys.executable, "-m", "infra", "delete"]
    with running(local_stack):
        cloudformation = session(local_stack).client("cloudformation")
        cloudformation.create_stack(StackName=STACK_NAME, TemplateBody=NOTHING)
        wait_until(lambda: STACK_NAME in stacks_of(local_stack))
        assert "Nothing was deleted" in piped(local_stack, command, "yes\n", status=1).stderr
        assert STACK_NAME in stacks_of(local_stack)
        piped(local_stack, command, f"{STACK_NAME}\n", status=0)
        assert STACK_NAME not in stacks_of(local_stack)
