"""What can go wrong in the domain. Every message is written for the person who sent the request."""

from facelib.job import Failure, FailureReason


class FaceError(Exception):
    """Base of the domain's errors."""


class ImageRejected(FaceError):
    """The bytes cannot be looked at; the same bytes will never do, so this is not retried."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.failure = Failure(reason=reason, detail=detail)
