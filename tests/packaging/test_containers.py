"""Invokes the packaged functions with every sample event, in containers of Lambda's image (`sam local invoke`)."""

import contextlib
import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_dump

from infra import ROOT
from infra.aws.package import build
from infra.aws.packaged import HERE
from infra.local.deploy import deploy
from infra.local.layout import LocalStack
from infra.local.server import running
from infra.template import functions, load
from tests.support.event_cases import CASES, Case, agrees
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("containers"), pytest.mark.timeout(600)]

IMAGE = f"public.ecr.aws/lambda/python:3.13-{HERE}"
SAM = Path(sys.executable).with_name("sam")


@dataclass(frozen=True)
class Containers:
    """The arguments of `sam local invoke`: the built template and the environment of the deployed functions."""

    template: Path
    variables: Path
    pull: bool

    def invoke(self, case: Case) -> subprocess.CompletedProcess[str]:
        files = ["--template", self.template, "--env-vars", self.variables, "--event", case.event]
        options = [*map(str, files), "--parameter-overrides", f"Architecture={HERE}"]
        command = [str(SAM), "local", "invoke", case.function, *options, *([] if self.pull else ["--skip-pull-image"])]
        environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_VERSION_CHECK": "0"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def engine(*arguments: str) -> str | None:
    """Return the output of the container engine, or None if there is no engine."""
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=20)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@pytest.fixture(scope="module")
def bridge() -> str:
    """Return the address at which containers reach this machine."""
    subnet = engine("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    if not subnet:
        pytest.skip(
            "NO CONTAINER ENGINE ANSWERS: `sam local invoke` was not tried. Start one (Docker, or set DOCKER_HOST) and "
            "run `make test-containers`."
        )
    # The bridge itself has the first address of its subnet, even if the engine does not list it as the gateway.
    return str(ipaddress.ip_network(subnet)[1])


@pytest.fixture(scope="module")
def containers(bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    folder = tmp_path_factory.mktemp("containers")
    build(HERE, folder / "build")
    with socket.socket() as probe:
        probe.bind((bridge, 0))
        local_stack = LocalStack(probe.getsockname()[1], folder=folder / "stack")
    # Containers connect from outside, so the stack listens on every address during this test.
    with (
        running(local_stack, host="0.0.0.0") as pid,
        contextlib.closing(Stack(local_stack, deploy(local_stack, pid))) as stack,
    ):
        variables = folder / "variables.json"
        variables.write_text(json.dumps(environment(stack, f"http://{bridge}:{local_stack.port}")))
        template = with_endpoint(folder / "build" / "template.yaml")
        yield Containers(template, variables, pull=not engine("images", "--quiet", IMAGE))


def with_endpoint(built: Path) -> Path:
    """Declare AWS_ENDPOINT_URL in the template, because SAM sets only variables that the template declares."""
    template = load(built)
    template["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = ""
    changed = built.with_name("with-endpoint.yaml")
    changed.write_text(yaml_dump(template))
    return changed


def environment(stack: Stack, endpoint: str) -> dict[str, dict[str, str]]:
    """Return each function's environment variables, with the address at which containers reach the local stack."""
    client = stack.aws.client("lambda")
    found = {}
    for function in functions():
        deployed = client.get_function_configuration(FunctionName=stack.resource(function.name))
        variables = deployed["Environment"]["Variables"]
        moved = {name: value.replace(stack.endpoint_url, endpoint) for name, value in variables.items()}
        found[function.name] = {**moved, "AWS_ENDPOINT_URL": endpoint}
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_event_is_answered_in_a_container(case: Case, containers: Containers) -> None:
    done = containers.invoke(case)
    assert done.returncode == 0, done.stderr
    response = json.loads(done.stdout.splitlines()[-1])
    assert agrees(response, case.response), done.stdout + done.stderr
