"""The domain's errors. Every message is written for the person who sent the request."""

from facelib.domain.access import Refusal, Scope
from facelib.domain.job import Failure, FailureReason, Job, Status


class FaceError(Exception):
    """Base of the domain's errors."""

    # Seconds after which the same request may succeed; None if waiting does not help.
    retry_after: int | None = None


class ImageRejected(FaceError):
    """The bytes cannot be processed. This is not retried, because the result would be the same."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.failure = Failure(reason=reason, detail=detail)


class JobNotFound(FaceError):
    """The owner does not have this job. Unknown, malformed, deleted, expired and other owners' jobs look the same."""

    def __init__(self) -> None:
        super().__init__("Job not found. Check the id. If the job has expired, send the image again.")


class Unauthenticated(FaceError):
    """The request does not have a key, or its key is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class ScopeMissing(FaceError):
    """The key is valid but does not allow this request."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        super().__init__(
            f"This key lacks the scope `{scope}`. Use a key that has it, or ask the operator of the service for one."
        )


class QuotaExceeded(FaceError):
    """The daily limit of images is used up."""

    def __init__(self, images_per_day: int, retry_after: int) -> None:
        super().__init__(
            f"This key's daily image limit ({images_per_day:,}) is used up. It resets at midnight UTC; GET /usage "
            "returns the number of images sent today."
        )
        self.retry_after = retry_after


class DetectorBusy(FaceError):
    """Lambda already runs the maximum number of detectors, so no detector was started."""

    # Longer than a detection takes.
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            "All detectors are busy. Nothing was changed, and this request does not count towards a daily limit. "
            f"Try again in {self.retry_after} seconds."
        )


def _state(status: Status, adverb: str = "") -> str:
    return f"has {adverb}failed" if status is Status.FAILED else f"is {adverb}{status}"


class JobConflict(FaceError):
    """The job's status does not allow the request."""

    def __init__(self, job: Job, consequence: str) -> None:
        super().__init__(f"The job {_state(job.status)}, {consequence}.")
        self.job = job


class NoResult(FaceError):
    """The job failed, so it has no result unless it is retried."""

    def __init__(self, failure: Failure | None) -> None:
        why = f" {failure.detail}" if failure else ""
        super().__init__(f"The job failed, so there is no result.{why}")


_NO_PICTURE = "This job did not request a picture (`render=none`). To request one"


class RenderNotFound(FaceError):
    """The result of this render does not exist (yet)."""

    def __init__(self, job: Job) -> None:
        available = ", ".join(job.available)
        choice = f"The job has these results: {available}. Choose one, or request another" if available else _NO_PICTURE
        super().__init__(f"{choice}: POST /jobs/{job.job_id}/renders.")


class RenderRefused(FaceError):
    """The sender had the faces hidden, and this render would show more of them."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            "This job was created to hide faces, so results that could reveal them are not available. Choose "
            f"{' or '.join(sorted(job.options.permitted))}, or send the photo again with another render."
        )


class FaceNotFound(FaceError):
    """The job does not have a face with this number."""

    def __init__(self, count: int) -> None:
        numbers = {0: "The job has no faces.", 1: "The job has one face, number 0."}
        super().__init__(numbers.get(count, f"The job's faces are numbered 0 to {count - 1}, in the order of `faces`."))


class CorrectionsChanged(FaceError):
    """The job's corrections have changed since the caller read them."""

    def __init__(self) -> None:
        super().__init__("The corrections of this job have changed. Read them again, and send yours with the new ETag.")


class CorrectionsInvalid(FaceError):
    """A correction refers to a face or an area that the photo does not have."""


class OriginalGone(FaceError):
    """The original was deleted, so no new result can be drawn."""

    def __init__(self, job: Job) -> None:
        results = f" The job has these results: {', '.join(job.available)}." if job.available else ""
        super().__init__(
            f"The original no longer exists, so nothing new can be drawn from it.{results} To draw more, send "
            "the image again."
        )


class JobClaimed(FaceError):
    """Another detector holds the job and its lease has not expired."""


class JobFinished(FaceError):
    """The job already has an outcome, so a late claim changes nothing."""

    def __init__(self, status: Status, original_etag: str | None = None) -> None:
        super().__init__(f"The job {_state(status, 'already ')}.")
        # The ETag of the upload that was processed.
        self.original_etag = original_etag


class ClaimLost(FaceError):
    """The job was deleted or taken over by another detector, so results must not be written."""

    def __init__(self, *, is_deleted: bool) -> None:
        super().__init__("The job was deleted." if is_deleted else "Another detector took over the job.")
        self.is_deleted = is_deleted


class KeyReused(FaceError):
    """The idempotency key was used for another request."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for a different request. Send the same image and options again, or use a "
            "new Idempotency-Key."
        )


class StoreContended(FaceError):
    """Simultaneous requests with the same idempotency key cancelled each other's transactions. A retry succeeds."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__(
            "Too many simultaneous requests with this Idempotency-Key. Nothing was stored, and this request does not "
            "count towards a daily limit. Send the same request again."
        )


class StoreThrottled(FaceError):
    """DynamoDB repeatedly did not process a part of a request."""

    retry_after = 5

    def __init__(self) -> None:
        super().__init__(f"The database is busy. Nothing was changed; try again in {self.retry_after} seconds.")


class ObjectsNotDeleted(Exception):
    """The bucket still has some of a job's objects; the deletion can be repeated."""


class CursorInvalid(FaceError):
    """The cursor of a list was not issued by this service."""

    def __init__(self) -> None:
        super().__init__("The cursor is not valid. Pass `next_cursor` of the previous page unchanged, or leave it out.")


class ObjectMissing(FaceError):
    """The bucket has no object under this key."""


class ConnectionGone(FaceError):
    """The listener has disconnected; its row can be removed."""


class TooManyListeners(FaceError):
    """The owner has the maximum number of listeners."""


class DeliveryFailed(FaceError):
    """A frame could not be posted; a later attempt may succeed."""


class QueueRefused(FaceError):
    """A queue refused some messages of a batch."""

    def __init__(self, count: int, why: str) -> None:
        super().__init__(f"Messages refused by the queue: {count} ({why})")
