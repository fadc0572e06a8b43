"""How a command of `make` ends early: in one sentence for the person at the keyboard, never in a traceback."""

import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

NO_REGION = (
    "No Region is set. Set one, for example AWS_DEFAULT_REGION=eu-central-1, or name a profile that has one: "
    "AWS_PROFILE=..."
)


class CommandFailed(Exception):
    """A sentence that says what is wrong and what to do."""


class Stopped(Exception):
    """Ctrl-C, with a sentence that names what is still running."""


def aws_failure(error: Exception) -> str:
    """Return why a call to AWS failed, and what to do."""
    if isinstance(error, NoRegionError):
        return NO_REGION
    return (
        f"The AWS call failed: {str(error).rstrip('.')}. Choose credentials with AWS_PROFILE; for a local stack set "
        "AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )


def ending(command: Callable[[], int]) -> int:
    """Run a command, and return its exit status. Prints what ended it early."""
    try:
        return command()
    except CommandFailed as refused:
        print(refused, file=sys.stderr)
    except (ClientError, BotoCoreError) as error:
        print(aws_failure(error), file=sys.stderr)
    except (KeyboardInterrupt, Stopped) as stopped:
        print(f"\n{stopped}" if str(stopped) else "\nStopped.", file=sys.stderr)
        return 130
    return 1
