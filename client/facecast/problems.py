"""Reads error responses: problem+json (RFC 9457), or a gateway's own format."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from facecast.errors import (
    Conflict,
    Forbidden,
    NotFound,
    ServiceError,
    ServiceFailed,
    TooManyRequests,
    Unauthorized,
)

_NO_KEY: Final = (
    "The service requires a key: set FACECAST_KEY, or set FACECAST_KEY_FILE to a file that only you can read."
)
_WRONG_KEY: Final = "The service rejected this key: it may be mistyped, revoked or expired."
_NO_SCOPE: Final = (
    "This key lacks the required scope. Use a key that has it, or ask the operator of the service for one."
)


def error_of(response: httpx.Response, *, has_key: bool) -> ServiceError:
    """Return the error for a response with a status of 400 or more."""
    problem = _problem(response)
    detail = problem.get("detail")
    message = detail if isinstance(detail, str) and detail else None
    match response.status_code:
        case 401:
            return Unauthorized(_with(_WRONG_KEY if has_key else _NO_KEY, message))
        case 403:
            return _forbidden(problem, message or (_NO_SCOPE if has_key else _fallback(response)))
        case 404:
            return NotFound(message or _fallback(response))
        case 409:
            job_id = problem.get("job_id")
            return Conflict(message or _fallback(response), job_id if isinstance(job_id, str) else None)
        case 429:
            seconds = retry_after(response)
            wait = f" Try again in {duration(seconds)}." if seconds else ""
            return TooManyRequests(f"{message or 'Too many requests.'}{wait}", seconds)
        case status:
            failed = ServiceFailed if status >= 500 else ServiceError
            return failed(message or _fallback(response))


def _forbidden(problem: dict[str, Any], message: str) -> ServiceError:
    # `Forbidden` is API Gateway's own response to a malformed key.
    return Unauthorized(_WRONG_KEY) if problem.get("message") == "Forbidden" else Forbidden(message)


def retry_after(response: httpx.Response) -> float | None:
    """Return Retry-After in seconds; the header contains seconds or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def duration(seconds: float) -> str:
    """Format a duration in at most two units, such as `3 h 12 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _with(sentence: str, message: str | None) -> str:
    return f"{sentence} ({message})" if message else sentence


def _fallback(response: httpx.Response) -> str:
    # The query is left out, because it may contain a signature.
    return f"{response.url.copy_with(query=None)} responded with {response.status_code} {response.reason_phrase}."
