"""Selects the stack that a command uses: an environment's stack on AWS, or the local stack."""

import os

from infra.aws.samconfig import stack_of
from infra.errors import CommandFailed
from infra.local.layout import STACK_NAME, LocalStack
from infra.local.server import is_answering


def choose_stack(environment: str | None, local: LocalStack, target: str, parameters: str = "") -> str:
    """Return the stack's name, and configure boto3 for it. Raises CommandFailed if the local stack does not respond.

    The error message names `target`, the make target to run, and the `parameters` with which to start the stack.
    """
    if environment is not None:
        return stack_of(environment)
    if not is_answering(local):
        raise CommandFailed(
            f"No stack answers on port {local.port}. Start one: {local.make('run')}{parameters}. "
            f"For a stack on AWS, pass its environment: make {target} ENVIRONMENT=default"
        )
    os.environ |= local.environment()
    return STACK_NAME
