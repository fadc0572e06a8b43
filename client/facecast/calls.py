"""Calls to a service: how they are authorized, which failures are retried and when, and how responses are read.

No I/O happens here: the caller of a `Flow` makes its calls and pauses.
"""

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx

from facecast.addresses import checked_url
from facecast.errors import ServiceError, Unreachable
from facecast.keys import checked_key
from facecast.problems import error_of, retry_after

# The API times out after 30 seconds; an upload may take longer.
TIMEOUT: Final = httpx.Timeout(40, write=300)

_ATTEMPTS: Final = 5
_LONGEST_WAIT: Final = 60.0
_TOO_MANY_REQUESTS: Final = 429
_TRANSIENT: Final = frozenset({_TOO_MANY_REQUESTS, 502, 503, 504})


@dataclass(frozen=True)
class Call:
    """One HTTP call; `request` holds the remaining keyword arguments of httpx's `request` method."""

    method: str
    url: str
    request: Mapping[str, Any]


@dataclass(frozen=True)
class Pause:
    seconds: float


Result = TypeVar("Result")
# A generator that yields calls and pauses. It is sent the response to each call, and None after each pause.
Flow = Generator[Call | Pause, Any, Result]


class Calls:
    """Calls to the service at `url`, which send `key` unless it is None. Every method may raise ServiceError."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = checked_url(url)
        self.key = checked_key(key) if key else None
        self._has_responded = False

    def read(
        self,
        reader: Callable[[dict[str, Any]], Result],
        method: str,
        path: str,
        **request: Any,  # noqa: ANN401 - httpx's
    ) -> Flow[Result]:
        """Make a call and read its JSON. Raises Unreachable if the response is not from a Facecast service."""
        body = yield from self.json(method, path, **request)
        try:
            return reader(body)
        except (ValueError, KeyError, TypeError):
            raise self._not_facecast() from None

    def json(self, method: str, path: str, **request: Any) -> Flow[dict[str, Any]]:  # noqa: ANN401
        response = yield from self.call(method, path, **request)
        try:
            return dict(response.json())
        except (ValueError, TypeError):
            raise self._not_facecast() from None

    def call(self, method: str, path: str, *, repeatable: bool = True, **request: Any) -> Flow[httpx.Response]:  # noqa: ANN401
        authorization = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers = {**request.pop("headers", {}), **authorization}
        call = Call(method, f"{self.url}/{path}", {**request, "headers": headers})
        return (yield from self.checked(call, repeatable=repeatable))

    def checked(self, call: Call, *, repeatable: bool = True) -> Flow[httpx.Response]:
        """Retry temporary failures with backoff and full jitter, or after the time that the service requests."""
        for attempt in range(1, _ATTEMPTS + 1):
            problem, delay = yield from self._attempt(call, repeatable=repeatable)
            if isinstance(problem, httpx.Response):
                return problem
            if delay is None or delay > _LONGEST_WAIT or attempt == _ATTEMPTS:
                raise problem
            yield Pause(max(delay, random.uniform(0, 2.0 ** (attempt - 1))))  # noqa: S311 - spreads clients out
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, call: Call, *, repeatable: bool) -> Flow[tuple[httpx.Response | ServiceError, float | None]]:
        """Return the response or the error, and the seconds to wait before a retry, or None for no retry."""
        try:
            response = yield call
        except (httpx.TransportError, httpx.InvalidURL) as error:
            problem = Unreachable(f"{self.url} could not be reached: {error or type(error).__name__}")
            # If the service has never responded, it is down or its address is wrong, so the call is not retried.
            return problem, 0.0 if repeatable and self._has_responded else None
        self._has_responded = True
        if not response.is_error:
            return response, None
        return error_of(response, has_key=self.key is not None), _delay(response, repeatable=repeatable)

    def _not_facecast(self) -> Unreachable:
        return Unreachable(f"{self.url} does not look like a Facecast service: the response is not from its API.")


def _delay(response: httpx.Response, *, repeatable: bool) -> float | None:
    # A rate-limited request had no effect, so it can always be repeated.
    may_pass = response.status_code in _TRANSIENT and (repeatable or response.status_code == _TOO_MANY_REQUESTS)
    return (retry_after(response) or 0.0) if may_pass else None
