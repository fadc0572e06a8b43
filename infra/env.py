"""The addresses of a stack as shell variables: `eval "$(make -s env)"`."""

import shlex
import sys
from collections.abc import Mapping

from infra.aws import stack as stacks
from infra.errors import CommandFailed
from infra.local.layout import DEFAULT_PORT, LocalStack
from infra.options import Environment, Port
from infra.target import choose_stack

# Each shell variable, and the output of the template that it contains.
VARIABLES = {"API": "HttpUrl", "WS": "StreamUrl", "BUCKET": "OriginalsBucketName"}


def exports(outputs: Mapping[str, str]) -> str:
    """Return an `export` line for each variable, with its value quoted for the shell."""
    return "".join(f"export {name}={shlex.quote(outputs[output])}\n" for name, output in VARIABLES.items())


def env(environment: Environment = None, port: Port = DEFAULT_PORT) -> None:
    """Print a stack's addresses as shell variables."""
    name = choose_stack(environment, LocalStack(port), "env")
    stack = stacks.find(name)
    if stack is None or not stack.is_deployed:
        raise CommandFailed(f"The stack {name} is not deployed.")
    sys.stdout.write(exports(stack.outputs))
