"""The requests to a service and the parsing of its responses, without any input or output.

Each operation is a generator that yields calls and pauses, is sent the responses and returns the result. `Client` and
`AsyncClient` carry them out, so that both behave alike.
"""

import hashlib
import json
import mimetypes
import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import httpx

from facecast.addresses import checked_url
from facecast.errors import Conflict, JobTimeout, NotFound, ServiceError, Unreachable
from facecast.keys import checked_key
from facecast.models import Job, Limits, Options, Submission
from facecast.problems import error_of, retry_after

# The API ends a request after 30 seconds; an upload may take its time.
TIMEOUT: Final = httpx.Timeout(40, write=300)
PATIENCE_SECONDS: Final = 180.0

_ATTEMPTS: Final = 5
_LONGEST_WAIT: Final = 60.0
_TOO_MANY_REQUESTS: Final = 429
_TRANSIENT: Final = frozenset({_TOO_MANY_REQUESTS, 502, 503, 504})
_FIRST_POLL_SECONDS: Final = 0.3
_LAST_POLL_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Photo:
    """An image's bytes, and the media type that its name suggests."""

    data: bytes = field(repr=False)
    media_type: str = "image/jpeg"

    @classmethod
    def of(cls, data: bytes, name: str) -> "Photo":
        guessed = mimetypes.guess_type(name)[0] or ""
        # The bucket's form takes images alone; the detector goes by the bytes, whatever the file's name.
        return cls(data, guessed if guessed.startswith("image/") else "image/jpeg")


Image = Photo | bytes | str | PathLike[str]


@dataclass(frozen=True)
class Call:
    """One request; `request` holds the other arguments of httpx's `request`."""

    method: str
    url: str
    request: Mapping[str, Any]


@dataclass(frozen=True)
class Pause:
    seconds: float


Result = TypeVar("Result")
# It is sent the response to a call, and nothing after a pause.
Flow = Generator[Call | Pause, Any, Result]


def read_photo(image: Image, limits: Limits) -> Photo:
    """Raise OSError for a file that cannot be read, and ServiceError for an image that is larger than allowed."""
    at_most = limits.presigned_upload_bytes
    if isinstance(image, Photo | bytes):
        photo = image if isinstance(image, Photo) else Photo(image)
    else:
        with Path(image).open("rb") as file:
            photo = Photo.of(file.read(at_most + 1), str(image))
    if len(photo.data) > at_most:
        raise ServiceError(f"The file is too large: at most {at_most:,} bytes are allowed.")
    return photo


def idempotency_key(data: bytes, options: Options, salt: str = "") -> str:
    """Return the same key for the same image and options, so that sending them again makes no second job."""
    digest = hashlib.sha256(json.dumps([options.given(), salt], sort_keys=True).encode())
    digest.update(data)
    return f"facecast-{digest.hexdigest()}"


class Core:
    """A service at an address. Every operation raises ServiceError."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = checked_url(url)
        self._key = checked_key(key) if key else None
        self._limits: Limits | None = None
        self._has_answered = False

    def limits(self) -> Flow[Limits]:
        if self._limits is None:
            self._limits = yield from self._read(Limits.of, "GET", "limits")
        return self._limits

    def send(self, photo: Photo, options: Options, key: str, *, wait: bool = False) -> Flow[Job | Submission]:
        """Send a photo whichever way takes its size; give the job whole where it has ended within the time to wait."""
        limits = yield from self.limits()
        if len(photo.data) > limits.direct_upload_bytes:
            return (yield from self._send_to_bucket(photo, options, key))
        prefer = {"Prefer": f"wait={limits.wait_seconds}"} if wait else {}
        return (
            yield from self._read(
                _job_or_submission,
                "POST",
                "image",
                data=options.given(),
                files={"file": ("photo", photo.data)},
                headers={"Idempotency-Key": key, **prefer},
            )
        )

    def _send_to_bucket(self, photo: Photo, options: Options, key: str) -> Flow[Submission]:
        """Post to the bucket, by a form that the API signs: API Gateway takes no large bodies."""
        try:
            granted = yield from self._json(
                "POST", "uploads", json={"options": options.given()}, headers={"Idempotency-Key": key}
            )
        except Conflict as conflict:
            # The image came earlier, and its job takes no upload any more.
            if conflict.job_id is None:
                raise
            return Submission(job_id=conflict.job_id)
        form = granted["upload"]
        # The bucket is not the API: no key goes there.
        yield from self._checked(
            Call(
                "POST",
                form["url"],
                {
                    "data": {"Content-Type": photo.media_type, **form["fields"]},
                    "files": {"file": ("photo", photo.data)},
                },
            )
        )
        return Submission(job_id=granted["job_id"])

    def detect(self, photo: Photo, options: Options, key: str, patience: float) -> Flow[Job]:
        outcome = yield from self.send(photo, options, key, wait=True)
        return outcome if isinstance(outcome, Job) else (yield from self.wait(outcome.job_id, patience))

    def wait(self, job_id: str, patience: float) -> Flow[Job]:
        deadline = time.monotonic() + patience
        delay = _FIRST_POLL_SECONDS
        while not (job := (yield from self.job(job_id))).is_final:
            if time.monotonic() > deadline:
                raise still_running(job)
            yield Pause(delay)
            delay = min(delay * 1.5, _LAST_POLL_SECONDS)
        return job

    def job(self, job_id: str) -> Flow[Job]:
        return (yield from self._read(Job.of, "GET", _job_path(job_id)))

    def jobs_page(self, status: str | None, cursor: str | None) -> Flow[tuple[list[Job], str | None]]:
        query = {name: value for name, value in (("status", status), ("cursor", cursor)) if value}
        return (yield from self._read(_page, "GET", "jobs", params=query))

    def result(self, job_id: str, render: str | None) -> Flow[bytes]:
        query = {"render": render} if render else {}
        redirect = yield from self._call("GET", f"{_job_path(job_id)}/processed-image", params=query)
        # Followed by hand, so that the key does not go to the bucket.
        response = yield from self._checked(Call("GET", str(redirect.headers.get("location", "")), {}))
        return bytes(response.content)

    def delete(self, job_id: str) -> Flow[None]:
        yield from self._call("DELETE", _job_path(job_id))

    def retry(self, job_id: str) -> Flow[None]:
        yield from self._call("POST", f"{_job_path(job_id)}/retry", repeatable=False)

    def stream_address(self) -> Flow[str]:
        """Give an address that is good for one connection: with a key, it carries a fresh ticket."""
        limits = yield from self.limits()
        if self._key is None:
            return limits.stream_url
        try:
            ticket = yield from self._json("POST", "stream-tickets", repeatable=False)
        except NotFound:
            # A service that is open to all knows no tickets.
            return limits.stream_url
        return f"{ticket['stream_url']}?{urlencode({'ticket': ticket['ticket']})}"

    def _read(
        self,
        reader: Callable[[dict[str, Any]], Result],
        method: str,
        path: str,
        **request: Any,  # noqa: ANN401 - httpx's
    ) -> Flow[Result]:
        said = yield from self._json(method, path, **request)
        try:
            return reader(said)
        except (ValueError, KeyError, TypeError):
            raise self._not_facecast() from None

    def _json(self, method: str, path: str, **request: Any) -> Flow[dict[str, Any]]:  # noqa: ANN401
        response = yield from self._call(method, path, **request)
        try:
            return dict(response.json())
        except (ValueError, TypeError):
            raise self._not_facecast() from None

    def _call(self, method: str, path: str, *, repeatable: bool = True, **request: Any) -> Flow[httpx.Response]:  # noqa: ANN401
        authorization = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        headers = {**request.pop("headers", {}), **authorization}
        call = Call(method, f"{self.url}/{path}", {**request, "headers": headers})
        return (yield from self._checked(call, repeatable=repeatable))

    def _checked(self, call: Call, *, repeatable: bool = True) -> Flow[httpx.Response]:
        """Repeat what may pass: exponential backoff with full jitter, or as long as the service asks to wait."""
        for attempt in range(1, _ATTEMPTS + 1):
            problem, delay = yield from self._attempt(call, repeatable=repeatable)
            if isinstance(problem, httpx.Response):
                return problem
            if delay is None or delay > _LONGEST_WAIT or attempt == _ATTEMPTS:
                raise problem
            yield Pause(max(delay, random.uniform(0, 2.0 ** (attempt - 1))))  # noqa: S311 - spreads clients out
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, call: Call, *, repeatable: bool) -> Flow[tuple[httpx.Response | ServiceError, float | None]]:
        """Give the response or the error, and after how many seconds another attempt may help; None for never."""
        try:
            response = yield call
        except (httpx.TransportError, httpx.InvalidURL) as error:
            problem = Unreachable(f"{self.url} could not be reached: {error or type(error).__name__}")
            # A service that never responded has a wrong address, or is not there.
            return problem, 0.0 if repeatable and self._has_answered else None
        self._has_answered = True
        if not response.is_error:
            return response, None
        return error_of(response, has_key=self._key is not None), _delay(response, repeatable=repeatable)

    def _not_facecast(self) -> Unreachable:
        return Unreachable(f"{self.url} is no Facecast service: it responded with something else.")


def _job_path(job_id: str) -> str:
    # What is no id must not become another address.
    return f"jobs/{quote(job_id, safe='')}"


def _delay(response: httpx.Response, *, repeatable: bool) -> float | None:
    # A request that was refused for its rate has done nothing yet.
    may_pass = response.status_code in _TRANSIENT and (repeatable or response.status_code == _TOO_MANY_REQUESTS)
    return (retry_after(response) or 0.0) if may_pass else None


def still_running(job: Job) -> JobTimeout:
    return JobTimeout(
        f"Job {job.job_id} is still {job.status}. `facecast listen --job {job.job_id}` waits for its end."
    )


def _job_or_submission(said: dict[str, Any]) -> Job | Submission:
    """Read what POST /image gives: a job that has not ended within the time to wait is described in short."""
    return Job.of(said) if "options" in said else Submission.model_validate(said)


def _page(said: dict[str, Any]) -> tuple[list[Job], str | None]:
    return [Job.of(one) for one in said["jobs"]], said["next_cursor"]
