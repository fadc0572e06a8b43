"""The client's errors. Every message is written for the user."""


class ServiceError(Exception):
    """Base of all errors: a call failed. The message is from the service, if it sent one."""


class ServiceFailed(ServiceError):
    """The service failed repeatedly (5xx); the same call may succeed later."""


class Unreachable(ServiceError):
    """The address does not respond, or is not a Facecast service."""


class Unauthorized(ServiceError):
    """The service requires a key, and the key is missing or invalid (401)."""


class Forbidden(ServiceError):
    """The key lacks the scope for this call (403)."""


class TooManyRequests(ServiceError):
    """A quota is used up (429), and `retry_after` is too long to wait for a retry."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(ServiceError):
    """The job does not exist, or the caller may not see it (404)."""


class Conflict(ServiceError):
    """The job's status does not allow the call (409); `job_id` is the job, if the response contains it."""

    def __init__(self, message: str, job_id: str | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id


class JobTimeout(ServiceError):
    """The job did not end within the time limit; the service still processes it."""


# Errors that may disappear when the same photo is sent again.
TEMPORARY = (ServiceFailed, JobTimeout)
# Errors that affect every call, so trying the next photo is useless.
SERVICE_UNUSABLE = (Unreachable, Unauthorized, Forbidden, TooManyRequests)
