"""The error that ends a command in one sentence for the person at the keyboard."""


class Refused(Exception):
    """A sentence that says what is wrong and what to do."""


def aws_failure(error: Exception) -> str:
    """Return why a call to AWS failed, and what to do."""
    return (
        f"AWS gave no answer: {str(error).rstrip('.')}. Name credentials with AWS_PROFILE; for a local stack set "
        "AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )
