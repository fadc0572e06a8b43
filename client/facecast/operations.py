"""The operations of a client, without any I/O.

Each operation is a generator that yields calls and pauses, receives the responses and returns the result. `Client` and
`AsyncClient` run them, so that both behave alike.
"""

import time
from typing import Any, Final
from urllib.parse import quote, urlencode

from facecast.calls import Call, Calls, Flow, Pause
from facecast.errors import Conflict, JobTimeout, NotFound
from facecast.models import Job, Limits, Options, Submission
from facecast.photo import Photo

TIMEOUT_SECONDS: Final = 180.0

_FIRST_POLL_SECONDS: Final = 0.3
_LAST_POLL_SECONDS: Final = 5.0


class Operations:
    """A service at an address. Every operation may raise ServiceError."""

    def __init__(self, url: str, key: str | None) -> None:
        self._calls = Calls(url, key)
        self._limits: Limits | None = None

    def limits(self) -> Flow[Limits]:
        if self._limits is None:
            self._limits = yield from self._calls.read(Limits.of, "GET", "limits")
        return self._limits

    def send(self, photo: Photo, options: Options, key: str, *, wait: bool = False) -> Flow[Job | Submission]:
        """Send a photo, directly or through the bucket; return the whole job if it ends within the waiting time."""
        limits = yield from self.limits()
        if len(photo.data) > limits.direct_upload_bytes:
            return (yield from self._send_to_bucket(photo, options, key))
        prefer = {"Prefer": f"wait={limits.wait_seconds}"} if wait else {}
        return (
            yield from self._calls.read(
                _job_or_submission,
                "POST",
                "image",
                data=options.given(),
                files={"file": ("photo", photo.data)},
                headers={"Idempotency-Key": key, **prefer},
            )
        )

    def _send_to_bucket(self, photo: Photo, options: Options, key: str) -> Flow[Submission]:
        """Post to the bucket with a form that the API signs, because API Gateway limits the size of bodies."""
        try:
            granted = yield from self._calls.json(
                "POST", "uploads", json={"options": options.given()}, headers={"Idempotency-Key": key}
            )
        except Conflict as conflict:
            # The image has already arrived, and its job does not accept another upload.
            if conflict.job_id is None:
                raise
            job = yield from self.job(conflict.job_id)
            return Submission(job_id=job.job_id, status=job.status)
        form = granted["upload"]
        # The bucket is not the API, so the key is not sent.
        yield from self._calls.checked(
            Call(
                "POST",
                form["url"],
                {
                    "data": {**form["fields"], "Content-Type": photo.media_type},
                    "files": {"file": ("photo", photo.data)},
                },
            )
        )
        return Submission(job_id=granted["job_id"])

    def detect(self, photo: Photo, options: Options, key: str, timeout: float) -> Flow[Job]:
        outcome = yield from self.send(photo, options, key, wait=True)
        return outcome if isinstance(outcome, Job) else (yield from self.wait(outcome.job_id, timeout))

    def wait(self, job_id: str, timeout: float) -> Flow[Job]:
        deadline = time.monotonic() + timeout
        delay = _FIRST_POLL_SECONDS
        while not (job := (yield from self.job(job_id))).is_final:
            if time.monotonic() > deadline:
                raise still_running(job)
            yield Pause(delay)
            delay = min(delay * 1.5, _LAST_POLL_SECONDS)
        return job

    def job(self, job_id: str) -> Flow[Job]:
        return (yield from self._calls.read(Job.of, "GET", _job_path(job_id)))

    def jobs_page(self, status: str | None, cursor: str | None) -> Flow[tuple[list[Job], str | None]]:
        query = {name: value for name, value in (("status", status), ("cursor", cursor)) if value}
        return (yield from self._calls.read(_page, "GET", "jobs", params=query))

    def result(self, job_id: str, render: str | None) -> Flow[bytes]:
        query = {"render": render} if render else {}
        redirect = yield from self._calls.call("GET", f"{_job_path(job_id)}/processed-image", params=query)
        # Redirects are followed here, so that the key is not sent to the bucket.
        return (yield from self._fetch(redirect.headers.get("location", "")))

    def draw(self, job_id: str, render: str) -> Flow[bytes]:
        drawn = yield from self._calls.json("POST", f"{_job_path(job_id)}/renders", json={"render": render})
        return (yield from self._fetch(drawn.get("url", "")))

    def face(self, job_id: str, number: int, *, align: bool) -> Flow[bytes]:
        query = {"align": "true"} if align else {}
        response = yield from self._calls.call("GET", f"{_job_path(job_id)}/faces/{number}/image", params=query)
        return bytes(response.content)

    def _fetch(self, address: str) -> Flow[bytes]:
        """Read an object from its presigned URL. The bucket is not the API, so the key is not sent."""
        response = yield from self._calls.checked(Call("GET", str(address), {}))
        return bytes(response.content)

    def delete(self, job_id: str) -> Flow[None]:
        yield from self._calls.call("DELETE", _job_path(job_id))

    def retry(self, job_id: str) -> Flow[None]:
        yield from self._calls.call("POST", f"{_job_path(job_id)}/retry", repeatable=False)

    def stream_address(self) -> Flow[str]:
        """Return an address for one connection. If the client has a key, the address contains a new ticket."""
        limits = yield from self.limits()
        if self._calls.key is None:
            return limits.stream_url
        try:
            ticket = yield from self._calls.json("POST", "stream-tickets", repeatable=False)
        except NotFound:
            # A service with open access does not issue tickets.
            return limits.stream_url
        return f"{ticket['stream_url']}?{urlencode({'ticket': ticket['ticket']})}"


def _job_path(job_id: str) -> str:
    # Escape ids so that they cannot change the path.
    return f"jobs/{quote(job_id, safe='')}"


def still_running(job: Job) -> JobTimeout:
    return JobTimeout(
        f"Job {job.job_id} is still {job.status}. `facecast listen --job {job.job_id}` waits until it finishes."
    )


def _job_or_submission(body: dict[str, Any]) -> Job | Submission:
    """Read the response of POST /image, which lacks most fields unless the job ends within the waiting time."""
    return Job.of(body) if "options" in body else Submission.model_validate(body)


def _page(body: dict[str, Any]) -> tuple[list[Job], str | None]:
    return [Job.of(one) for one in body["jobs"]], body["next_cursor"]
