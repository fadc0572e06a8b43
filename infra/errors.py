"""Errors of commands, which are printed as one sentence, never as a traceback."""

from typing import Final

from botocore.exceptions import NoRegionError

FAILED: Final = 1
INTERRUPTED: Final = 130
NO_REGION: Final = (
    "No Region is set. Set one, for example AWS_DEFAULT_REGION=eu-central-1, or select a profile that has one: "
    "AWS_PROFILE=..."
)


class CommandFailed(Exception):
    """The command failed; the message states what is wrong and what to do."""

    exit_code: int = FAILED


class Stopped(CommandFailed):
    """The command was interrupted with Ctrl-C; the message states what is still running."""

    exit_code = INTERRUPTED

    def __str__(self) -> str:
        """Begin on the line after the terminal's ^C."""
        return f"\n{super().__str__()}"


def aws_failure(error: Exception) -> str:
    """Return a message that states why a call to AWS failed, and what to do."""
    if isinstance(error, NoRegionError):
        return NO_REGION
    return (
        f"The AWS call failed: {str(error).rstrip('.')}. Choose credentials with AWS_PROFILE; for a local stack set "
        "AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )
