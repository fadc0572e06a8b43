"""How a command ends early: in one sentence for the person at the keyboard, never in a traceback."""

from typing import Final

from botocore.exceptions import NoRegionError

FAILED: Final = 1
INTERRUPTED: Final = 130
NO_REGION: Final = (
    "No Region is set. Set one, for example AWS_DEFAULT_REGION=eu-central-1, or name a profile that has one: "
    "AWS_PROFILE=..."
)


class CommandFailed(Exception):
    """A sentence that says what is wrong and what to do."""

    exit_code: int = FAILED


class Stopped(CommandFailed):
    """Ctrl-C, with a sentence that names what is still running."""

    exit_code = INTERRUPTED

    def __str__(self) -> str:
        """Start below the terminal's ^C."""
        return f"\n{super().__str__()}"


def aws_failure(error: Exception) -> str:
    """Return why a call to AWS failed, and what to do."""
    if isinstance(error, NoRegionError):
        return NO_REGION
    return (
        f"The AWS call failed: {str(error).rstrip('.')}. Choose credentials with AWS_PROFILE; for a local stack set "
        "AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )
