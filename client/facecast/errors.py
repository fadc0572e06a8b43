"""What can go wrong. Every message is written for the person in front of it."""


class ServiceError(Exception):
    """Base of all errors: a call failed. The message is the service's own sentence where it gave one."""


class ServiceFailed(ServiceError):
    """The service failed (5xx) and failed again; the same call may succeed later."""


class Unreachable(ServiceError):
    """Nothing responds at the address, or what responds there is not a Facecast service."""


class Unauthorized(ServiceError):
    """The service wants a key and got none, or one that it does not take (401)."""


class Forbidden(ServiceError):
    """The key lacks the scope for this call (403)."""


class TooManyRequests(ServiceError):
    """A quota is used up (429) and `retry_after` seconds, as the service gave them, are too long to wait here."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(ServiceError):
    """There is no such job, or none that the caller may see (404)."""


class Conflict(ServiceError):
    """The job's status does not allow the call (409); `job_id` names the job where the response has it."""

    def __init__(self, message: str, job_id: str | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id


class JobTimeout(ServiceError):
    """The job did not end within the time limit; the service still processes it."""


# What may pass without a change of the photo.
TEMPORARY = (ServiceFailed, JobTimeout)
# What concerns every call alike, so trying the next photo is useless.
SERVICE_UNUSABLE = (Unreachable, Unauthorized, Forbidden, TooManyRequests)
