"""Run a function's code here, with the environment that the local stack gives it: what `make invoke` does."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from infra.local.deploy import STACK_NAME, session
from infra.local.errors import LocalError
from infra.local.layout import DEFAULT_PORT, ROOT, LocalStack, port_number
from infra.local.server import is_answering
from infra.template import Resource, functions, source_of


def find(name: str) -> Resource:
    """Find the function of this logical id, with or without `Function` at its end. Raises LocalError."""
    known = {function.name.removesuffix("Function"): function for function in functions()}
    if name.removesuffix("Function") not in known:
        raise LocalError(f"There is no function {name!r}. Choose one: {', '.join(known)}.")
    return known[name.removesuffix("Function")]


def environment_of(function: Resource, stack: LocalStack) -> dict[str, str]:
    """Return the deployed function's environment variables. Raises LocalError where no stack answers."""
    if not is_answering(stack):
        raise LocalError(f"No stack answers on port {stack.port}. Start one: make run")
    clients = session(stack)
    resource = clients.client("cloudformation").describe_stack_resource(
        StackName=STACK_NAME, LogicalResourceId=function.name
    )
    name = resource["StackResourceDetail"]["PhysicalResourceId"]
    deployed = clients.client("lambda").get_function_configuration(FunctionName=name)
    return {**deployed["Environment"]["Variables"], "AWS_LAMBDA_FUNCTION_NAME": name}


def invoke(function: Resource, event: Path, stack: LocalStack) -> int:
    """Run the handler in a process of its own, which prints its log and, last, the response."""
    if not event.is_file():
        raise LocalError(f"There is no event {event}. Choose one of events/.")
    folders = (ROOT / "layers" / "common", ROOT / "layers" / "vision", source_of(function))
    paths = [argument for folder in folders for argument in ("--path", str(folder))]
    command = [sys.executable, ROOT / "infra" / "local" / "handler.py", *paths, function.properties["Handler"], event]
    # There is no X-Ray daemon here to send traces to.
    quiet = {"POWERTOOLS_TRACE_DISABLED": "true"}
    environment = stack.environment() | environment_of(function, stack) | quiet
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local.invoke", description=__doc__)
    parser.add_argument("function")
    parser.add_argument("event", type=Path)
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", str(DEFAULT_PORT)))
    arguments = parser.parse_args()
    try:
        return invoke(find(arguments.function), arguments.event, LocalStack(arguments.port))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
