"""The stack that a command is for: one on AWS by its environment, or else the local one."""

import os

from infra.aws.samconfig import stack_of
from infra.errors import CommandFailed
from infra.local.layout import STACK_NAME, LocalStack
from infra.local.server import is_answering


def choose_stack(environment: str | None, local: LocalStack, target: str, parameters: str = "") -> str:
    """Return the stack's name, with boto3 pointed at it.

    Raises CommandFailed where the local stack does not answer; `target` is the make target to name, with an example,
    and `parameters` what to start the stack with.
    """
    if environment is not None:
        return stack_of(environment)
    if not is_answering(local):
        raise CommandFailed(
            f"No stack answers on port {local.port}. Start one: {local.make('run')}{parameters}. "
            f"For a stack on AWS, name its environment: make {target} ENVIRONMENT=default"
        )
    os.environ |= local.environment()
    return STACK_NAME
