"""Sends many photos, a few at a time. Outcomes are received on the stream, or by polling if it is blocked."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from itertools import islice
from typing import Final, Protocol, Self, TypeVar

from facecast.errors import SERVICE_UNUSABLE, ServiceError
from facecast.models import FINAL_STATUSES, Event, Job, Options, Submission
from facecast.operations import TIMEOUT_SECONDS, still_running
from facecast.photo import Image

_FIRST_POLL_SECONDS: Final = 0.3
_LAST_POLL_SECONDS: Final = 5.0
# The polling interval while the stream is connected, in case an event was lost.
_CONNECTED_POLL_SECONDS: Final = 10.0
# An event may arrive before the response to the upload, so events of unknown jobs are kept, up to this number.
_EARLY: Final = 1_000

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Service(Protocol):
    """The part of `AsyncClient` that is used here."""

    async def send(self, image: Image, options: Options | None = None) -> Submission: ...

    async def job(self, job_id: str) -> Job: ...

    def listen(self, *, on_connection: Callable[[bool], None]) -> AsyncGenerator[Event, None]: ...


class JobWaiter:
    """Waits for jobs to end. One listener serves all of them."""

    def __init__(self, client: Service) -> None:
        self._client = client
        self._is_connected = False
        self._waiting: dict[str, asyncio.Event] = {}
        self._early: deque[str] = deque(maxlen=_EARLY)

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def wait(self, submission: Submission, timeout_seconds: float = TIMEOUT_SECONDS) -> Job:
        """Return the job once it has ended. Raises JobTimeout, NotFound if it was deleted, or another ServiceError."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        delay = _FIRST_POLL_SECONDS
        ended = self._end_of(submission)
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), _CONNECTED_POLL_SECONDS if self._is_connected else delay)
                ended.clear()
                job = await self._client.job(submission.job_id)
                if job.is_final:
                    return job
                if loop.time() > deadline:
                    raise still_running(job)
                delay = min(delay * 1.5, _LAST_POLL_SECONDS)
        finally:
            self._waiting.pop(submission.job_id, None)

    def _end_of(self, submission: Submission) -> asyncio.Event:
        """Return an asyncio event that is set when the job ends; two photos with the same content share it."""
        ended = self._waiting.setdefault(submission.job_id, asyncio.Event())
        if submission.status in FINAL_STATUSES or submission.job_id in self._early:
            ended.set()
        return ended

    async def _listen(self) -> None:
        """Notify the waiting callers. Never raises: if the stream is refused, jobs are polled instead."""
        with suppress(ServiceError):
            async with aclosing(self._client.listen(on_connection=self._connection)) as events:
                async for event in events:
                    if ended := self._waiting.get(event.job_id):
                        ended.set()
                    else:
                        self._early.append(event.job_id)
        self._is_connected = False

    def _connection(self, is_connected: bool) -> None:  # noqa: FBT001 - a callback
        self._is_connected = is_connected


async def pooled(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Outcome]], parallel: int
) -> AsyncGenerator[Outcome, None]:
    """Yield outcomes as they finish, with up to `parallel` items in progress. An exception cancels the other items."""
    waiting = iter(items)
    running: set[asyncio.Future[Outcome]] = set()
    done: set[asyncio.Future[Outcome]] = set()
    try:
        while True:
            for item in islice(waiting, parallel - len(running)):
                running.add(asyncio.ensure_future(work(item)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)


async def detect_many(
    client: Service, images: Iterable[Image], options: Options, parallel: int
) -> AsyncGenerator[tuple[Image, Job | ServiceError | OSError], None]:
    """Implement `AsyncClient.detect_many`."""
    async with JobWaiter(client) as waiter:

        async def detect(image: Image) -> tuple[Image, Job | ServiceError | OSError]:
            try:
                return image, await waiter.wait(await client.send(image, options))
            except SERVICE_UNUSABLE:
                raise
            except (ServiceError, OSError) as error:
                return image, error

        async with aclosing(pooled(images, detect, parallel)) as outcomes:
            async for outcome in outcomes:
                yield outcome
