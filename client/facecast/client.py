"""The blocking client. Each method lists the errors that it raises, which are subclasses of ServiceError."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import aclosing
from itertools import islice
from typing import Self

import httpx

from facecast.async_client import AsyncClient
from facecast.calls import TIMEOUT, Flow, Pause, Result
from facecast.errors import SERVICE_UNUSABLE, ServiceError
from facecast.models import Event, Job, Limits, Options, Submission
from facecast.operations import TIMEOUT_SECONDS, Operations
from facecast.photo import Image, Photo, read_photo


class Client:
    """A client of the service at an address, `https://...`. Threads may share it; close it, or use it with `with`.

    Every method may raise ServiceError or one of its subclasses: Unreachable if no Facecast service responded;
    Unauthorized or Forbidden if the key was refused; TooManyRequests (with `retry_after`) if a quota was reached;
    NotFound or Conflict if the job does not exist or its status does not allow the request. Lost connections, 429 with
    a short Retry-After, 502, 503 and 504 are retried first.
    """

    def __init__(self, url: str, *, key: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        """Nothing is sent yet. Raises AddressInvalid or KeyUnusable (both ValueErrors) if an argument is invalid."""
        self._url, self._key = url, key
        self._operations = Operations(url, key)
        self._http = httpx.Client(timeout=TIMEOUT, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def limits(self) -> Limits:
        """Return the service's limits, which are fetched only once. Raises ServiceError if that fails."""
        return self._run(self._operations.limits())

    def send(self, image: Image, options: Options | None = None, *, idempotency_key: str | None = None) -> Submission:
        """Send an image (its bytes or its path), and return without waiting for the faces.

        The same key with the same image and options returns the same job. Raises OSError if the file cannot be read,
        and ServiceError for any other error, including a file that is too large or not an image.
        """
        key = idempotency_key or str(uuid.uuid4())
        sent = self._run(self._operations.send(self._read(image), options or Options(), key))
        return Submission(job_id=sent.job_id, status=sent.status)

    def detect(
        self,
        image: Image,
        options: Options | None = None,
        *,
        idempotency_key: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Job:
        """Send an image and return the job once it has completed or failed.

        Raises OSError if the file cannot be read, JobTimeout after `timeout_seconds`, or another ServiceError.
        """
        key = idempotency_key or str(uuid.uuid4())
        return self._run(self._operations.detect(self._read(image), options or Options(), key, timeout_seconds))

    def detect_many(
        self, images: Iterable[Image], options: Options | None = None, *, parallel: int = 4
    ) -> Iterator[tuple[Image, Job | ServiceError | OSError]]:
        """Detect faces in many images, `parallel` at a time; yield each image with its job or error when it finishes.

        Raises only errors that affect all images: Unreachable, Unauthorized, Forbidden, TooManyRequests.
        """
        waiting = iter(images)
        running: dict[Future[Job], Image] = {}
        with ThreadPoolExecutor(parallel) as pool:
            while True:
                for image in islice(waiting, parallel - len(running)):
                    running[pool.submit(self.detect, image, options)] = image
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), _outcome(future)

    def wait(self, job_id: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Job:
        """Return a job once it has ended. Raises JobTimeout, NotFound or another ServiceError."""
        return self._run(self._operations.wait(job_id, timeout_seconds))

    def job(self, job_id: str) -> Job:
        """Return the current state of a job. Raises NotFound or another ServiceError."""
        return self._run(self._operations.job(job_id))

    def jobs(self, status: str | None = None) -> Iterator[Job]:
        """Yield jobs without their faces, newest first; requests pages as needed. Raises ServiceError on failure."""
        cursor: str | None = None
        while True:
            page, cursor = self._run(self._operations.jobs_page(status, cursor))
            yield from page
            if not cursor:
                return

    def result(self, job_id: str, render: str | None = None) -> bytes:
        """Return a result (a JPEG, or WebP for `preview`), by default the first one that was requested.

        Raises NotFound, Conflict or another ServiceError.
        """
        return self._run(self._operations.result(job_id, render))

    def draw(self, job_id: str, render: str) -> bytes:
        """Return any result of a completed job; a missing result is drawn first.

        It is drawn with the options of the job. Raises Forbidden if the job was created to hide faces and the result
        would show them; otherwise NotFound, Conflict or another ServiceError, for example if the original no longer
        exists.
        """
        return self._run(self._operations.draw(job_id, render))

    def face(self, job_id: str, number: int, *, align: bool = False) -> bytes:
        """Return one face as a JPEG, by its index in the job's faces, from 0; `align` makes the eyes level.

        Raises Forbidden if the job was created to hide faces; otherwise NotFound, Conflict or another ServiceError,
        for example if the original no longer exists.
        """
        return self._run(self._operations.face(job_id, number, align=align))

    def delete(self, job_id: str) -> None:
        """Delete a job with all its images. Raises NotFound or another ServiceError."""
        self._run(self._operations.delete(job_id))

    def retry(self, job_id: str) -> None:
        """Retry a failed job. Raises NotFound, Conflict or another ServiceError."""
        self._run(self._operations.retry(job_id))

    def listen(self, *, replay: int = 0, job_id: str | None = None) -> Generator[Event, None, None]:
        """Yield each event of the live stream once, indefinitely; lost connections are reopened.

        `replay` is the number of past events to start with; `job_id` narrows the stream to one job. The calling thread
        must not have a running event loop. Raises ServiceError if the stream refuses the connection permanently.
        """

        async def events() -> AsyncGenerator[Event, None]:
            async with (
                AsyncClient(self._url, key=self._key) as client,
                aclosing(client.listen(replay=replay, job_id=job_id)) as stream,
            ):
                async for event in stream:
                    yield event

        with asyncio.Runner() as runner:
            all_events = events()
            try:
                while True:
                    yield runner.run(_next_of(all_events))
            finally:
                runner.run(all_events.aclose())

    def _read(self, image: Image) -> Photo:
        return read_photo(image, self.limits())

    def _run(self, flow: Flow[Result]) -> Result:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = flow.send(None)
                    continue
                try:
                    response = self._http.request(step.method, step.url, **step.request)
                except (httpx.TransportError, httpx.InvalidURL) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(response)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


async def _next_of(stream: AsyncGenerator[Event, None]) -> Event:
    return await anext(stream)


def _outcome(future: Future[Job]) -> Job | ServiceError | OSError:
    try:
        return future.result()
    except SERVICE_UNUSABLE:
        raise
    except (ServiceError, OSError) as error:
        return error
