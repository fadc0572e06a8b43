"""The client for programs with an event loop: its methods are those of `Client`, as coroutines."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Self

import httpx
import websockets

from facecast import many
from facecast.calls import TIMEOUT, Flow, Pause, Result
from facecast.errors import Forbidden, ServiceError
from facecast.listener import listen
from facecast.models import Event, Job, Limits, Options, Submission
from facecast.operations import TIMEOUT_SECONDS, Operations
from facecast.photo import Image, Photo, read_photo


class AsyncClient:
    """A client of the service at an address, `https://...`. Close it, or use it with `async with`.

    Its methods raise the same errors as those of `Client`.
    """

    def __init__(self, url: str, *, key: str | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Nothing is sent yet. Raises AddressInvalid or KeyUnusable (both ValueErrors) if an argument is invalid."""
        self._operations = Operations(url, key)
        self._http = httpx.AsyncClient(timeout=TIMEOUT, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def limits(self) -> Limits:
        """Return the service's limits, which are fetched only once. Raises ServiceError if that fails."""
        return await self._run(self._operations.limits())

    async def send(
        self, image: Image, options: Options | None = None, *, idempotency_key: str | None = None
    ) -> Submission:
        """Send an image (its bytes or its path), and return without waiting for the faces.

        The same key with the same image and options returns the same job. Raises OSError if the file cannot be read,
        and ServiceError for any other error, including a file that is too large or not an image.
        """
        key = idempotency_key or str(uuid.uuid4())
        sent = await self._run(self._operations.send(await self._read(image), options or Options(), key))
        return Submission(job_id=sent.job_id, status=sent.status)

    async def detect(
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
        return await self._run(
            self._operations.detect(await self._read(image), options or Options(), key, timeout_seconds)
        )

    async def detect_many(
        self, images: Iterable[Image], options: Options | None = None, *, parallel: int = 4
    ) -> AsyncGenerator[tuple[Image, Job | ServiceError | OSError], None]:
        """Detect faces in many images, `parallel` at a time; yield each image with its job or error when it finishes.

        Outcomes are received on the stream, or by polling if it is blocked. Raises only errors that affect all images:
        Unreachable, Unauthorized, Forbidden, TooManyRequests.
        """
        async with aclosing(many.detect_many(self, images, options or Options(), parallel)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def wait(self, job_id: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Job:
        """Return a job once it has ended. Raises JobTimeout, NotFound or another ServiceError."""
        return await self._run(self._operations.wait(job_id, timeout_seconds))

    async def job(self, job_id: str) -> Job:
        """Return the current state of a job. Raises NotFound or another ServiceError."""
        return await self._run(self._operations.job(job_id))

    async def jobs(self, status: str | None = None) -> AsyncGenerator[Job, None]:
        """Yield jobs without their faces, newest first; requests pages as needed. Raises ServiceError on failure."""
        cursor: str | None = None
        while True:
            page, cursor = await self._run(self._operations.jobs_page(status, cursor))
            for job in page:
                yield job
            if not cursor:
                return

    async def result(self, job_id: str, render: str | None = None) -> bytes:
        """Return a result (a JPEG, or WebP for `preview`), by default the first one that was requested.

        Raises NotFound, Conflict or another ServiceError.
        """
        return await self._run(self._operations.result(job_id, render))

    async def draw(self, job_id: str, render: str) -> bytes:
        """Return any result of a completed job; a missing result is drawn first.

        It is drawn with the options of the job. Raises Forbidden if the job was created to hide faces and the result
        would show them; otherwise NotFound, Conflict or another ServiceError, for example if the original no longer
        exists.
        """
        return await self._run(self._operations.draw(job_id, render))

    async def face(self, job_id: str, number: int, *, align: bool = False) -> bytes:
        """Return one face as a JPEG, by its index in the job's faces, from 0; `align` makes the eyes level.

        Raises Forbidden if the job was created to hide faces; otherwise NotFound, Conflict or another ServiceError,
        for example if the original no longer exists.
        """
        return await self._run(self._operations.face(job_id, number, align=align))

    async def delete(self, job_id: str) -> None:
        """Delete a job with all its images. Raises NotFound or another ServiceError."""
        await self._run(self._operations.delete(job_id))

    async def retry(self, job_id: str) -> None:
        """Retry a failed job. Raises NotFound, Conflict or another ServiceError."""
        await self._run(self._operations.retry(job_id))

    async def listen(
        self, *, replay: int = 0, job_id: str | None = None, on_connection: Callable[[bool], None] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Yield each event of the live stream once, indefinitely; lost connections are reopened.

        `replay` is the number of past events to start with; `job_id` narrows the stream to one job; `on_connection` is
        called with True when a connection is open and with False when it is lost. Raises ServiceError if the stream
        refuses the connection permanently.
        """

        async def address() -> str:
            return await self._run(self._operations.stream_address())

        try:
            async with aclosing(listen(address, replay=replay, job_id=job_id, on_connection=on_connection)) as events:
                async for event in events:
                    yield Event.of(event)
        except websockets.InvalidStatus as error:
            raise Forbidden(f"The stream refused the connection: HTTP {error.response.status_code}.") from None

    async def _read(self, image: Image) -> Photo:
        limits = await self.limits()
        return await asyncio.to_thread(read_photo, image, limits)

    async def _run(self, flow: Flow[Result]) -> Result:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = flow.send(None)
                    continue
                try:
                    response = await self._http.request(step.method, step.url, **step.request)
                except (httpx.TransportError, httpx.InvalidURL) as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(response)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
