"""Runs a function's code in a local process, with the environment of the deployed function."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from localstack_client.session import Session

from infra import ROOT
from infra.errors import CommandFailed
from infra.local.deploy import session
from infra.local.layout import DEFAULT_PORT, STACK_NAME, LocalStack
from infra.local.server import is_answering
from infra.options import Port
from infra.template import Resource, functions, source_of

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef


def find(name: str) -> Resource:
    """Find a function by its logical id, with or without `Function` at its end. Raises CommandFailed if none has it."""
    known = {function.name.removesuffix("Function"): function for function in functions()}
    if name.removesuffix("Function") not in known:
        raise CommandFailed(f"Unknown function {name!r}. Choose one: {', '.join(known)}.")
    return known[name.removesuffix("Function")]


def events_of(function: Resource) -> list[str]:
    """Return the sample events of a function."""
    folder = ROOT / "events" / source_of(function).name
    return sorted(str(path.relative_to(ROOT)) for path in folder.glob("*.json"))


def environment_of(function: Resource, stack: LocalStack) -> dict[str, str]:
    """Return the deployed function's environment variables. Raises CommandFailed if no stack responds."""
    if not is_answering(stack):
        raise CommandFailed(f"No stack answers on port {stack.port}. Start one: {stack.make('run')}")
    deployed = deployed_configuration(function, session(stack), STACK_NAME)
    return {**deployed["Environment"]["Variables"], "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"]}


def deployed_configuration(
    function: Resource, clients: Session | boto3.Session, stack: str
) -> "FunctionConfigurationResponseTypeDef":
    """Return the deployed function's configuration. Raises ClientError if there is no stack."""
    resource = clients.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=function.name
    )
    name = resource["StackResourceDetail"]["PhysicalResourceId"]
    return clients.client("lambda").get_function_configuration(FunctionName=name)


def invoke(
    function: Annotated[str, typer.Argument(help="The function's name in template.yaml.", show_default=False)],
    events: Annotated[
        list[Path], typer.Argument(help="Files that each contain one event, like those in events/.", show_default=False)
    ],
    port: Port = DEFAULT_PORT,
) -> int:
    """Run a function's code against the local stack."""
    try:
        command, environment = _process(find(function), events, LocalStack(port))
    except CommandFailed as failed:
        # The exit status 1 means that the function itself failed.
        failed.exit_code = 2
        raise
    return subprocess.run(command, env=environment, check=False).returncode


def _process(function: Resource, events: Sequence[Path], stack: LocalStack) -> tuple[list[str | Path], dict[str, str]]:
    """Return the handler's command line and environment. Raises CommandFailed if a file or the stack is missing."""
    if missing := [event for event in events if not event.is_file()]:
        raise CommandFailed(f"File not found: {missing[0]}. Choose one: {', '.join(events_of(function))}.")
    folders = (ROOT / "layers" / "common", ROOT / "layers" / "vision", source_of(function))
    paths = [argument for folder in folders for argument in ("--path", str(folder))]
    handler = ROOT / "infra" / "local" / "handler.py"
    # The local stack does not have an X-Ray daemon.
    quiet = {"POWERTOOLS_TRACE_DISABLED": "true"}
    environment = stack.environment() | environment_of(function, stack) | quiet
    return [sys.executable, handler, *paths, function.properties["Handler"], *events], environment
