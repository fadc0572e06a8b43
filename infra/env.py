"""`python -m infra.env`: print a stack's addresses as shell variables: `eval "$(make -s env)"`."""

import os
import shlex
import sys
from collections.abc import Mapping

from infra.arguments import Arguments
from infra.aws import stack as stacks
from infra.errors import CommandFailed, ending
from infra.local.layout import DEFAULT_PORT, LocalStack, port_number
from infra.target import choose_stack

# Variable: output of the template.
VARIABLES = {"API": "HttpUrl", "WS": "StreamUrl", "BUCKET": "OriginalsBucketName"}


def exports(outputs: Mapping[str, str]) -> str:
    """Return a line of shell for each variable, quoted."""
    return "".join(f"export {name}={shlex.quote(outputs[output])}\n" for name, output in VARIABLES.items())


def print_exports(environment: str | None, local: LocalStack) -> int:
    """Print the variables of the chosen stack. Raises CommandFailed, ClientError and BotoCoreError."""
    name = choose_stack(environment, local, "env")
    stack = stacks.find(name)
    if stack is None or not stack.is_deployed:
        raise CommandFailed(f"The stack {name} is not deployed.")
    sys.stdout.write(exports(stack.outputs))
    return 0


def main() -> int:
    parser = Arguments(prog="python -m infra.env", description=__doc__)
    parser.add_argument("--environment", help="section of samconfig.toml; default: the local stack")
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", str(DEFAULT_PORT)))
    arguments = parser.parse_args()
    return ending(lambda: print_exports(arguments.environment, LocalStack(arguments.port)))


if __name__ == "__main__":
    sys.exit(main())
