"""Many photos: their outcomes are received from the stream or, if it is blocked, by polling."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from facecast import AsyncClient, JobTimeout, NotFound, Submission, many
from facecast.many import JobWaiter, pooled
from websockets.asyncio.server import ServerConnection, serve

from tests.support.service import JOB_ID, LIMITS, PlayedService, a_job

DONE = {"type": "job.completed", "event_id": "20261124T100000.000000Z-0b9f3a0e", "job_id": JOB_ID}
PENDING, COMPLETED = (httpx.Response(200, json=a_job(status)) for status in ("pending", "completed"))


@asynccontextmanager
async def stream(*events: dict[str, Any]) -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """Run a stream; yield its address, a flag that it sets when a client connects, and a flag that makes it send."""
    connected, speak = asyncio.Event(), asyncio.Event()

    async def handle(connection: ServerConnection) -> None:
        connected.set()
        await speak.wait()
        await connection.send(json.dumps({"events": list(events)}))
        await connection.wait_closed()

    async with serve(handle, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws", connected, speak


def service(stream_url: str, *jobs: httpx.Response) -> PlayedService:
    limits = httpx.Response(200, json=LIMITS | {"stream_url": stream_url})
    return PlayedService({"GET /api/limits": limits, f"GET /api/jobs/{JOB_ID}": list(jobs)})


def polls(played: PlayedService) -> int:
    return sum("/jobs/" in request.url.path for request in played.requests)


def test_the_end_of_a_job_is_received_from_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is received without polling: the poll interval is longer than the test's timeout."""
    monkeypatch.setattr(many, "_FIRST_POLL_SECONDS", 3_600)
    monkeypatch.setattr(many, "_CONNECTED_POLL_SECONDS", 3_600)

    async def play() -> int:
        async with stream(DONE) as (url, connected, speak):
            played = service(url, COMPLETED)
            async with AsyncClient(played.url, transport=played.transport) as client, JobWaiter(client) as waiter:
                waiting = asyncio.create_task(waiter.wait(Submission(job_id=JOB_ID)))
                await connected.wait()
                speak.set()
                async with asyncio.timeout(20):
                    assert (await waiting).status == "completed"
        return polls(played)

    assert asyncio.run(play()) == 1


def test_an_event_that_is_received_before_waiting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_FIRST_POLL_SECONDS", 3_600)
    monkeypatch.setattr(many, "_CONNECTED_POLL_SECONDS", 3_600)

    async def play() -> None:
        async with stream(DONE) as (url, _, speak):
            played = service(url, COMPLETED)
            async with AsyncClient(played.url, transport=played.transport) as client, JobWaiter(client) as waiter:
                speak.set()
                async with asyncio.timeout(20):
                    while JOB_ID not in waiter._early:
                        await asyncio.sleep(0.01)
                    assert (await waiter.wait(Submission(job_id=JOB_ID))).status == "completed"

    asyncio.run(play())


def test_two_identical_photos_share_a_job_and_both_get_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_FIRST_POLL_SECONDS", 3_600)
    monkeypatch.setattr(many, "_CONNECTED_POLL_SECONDS", 3_600)

    async def play() -> None:
        async with stream(DONE) as (url, connected, speak):
            played = service(url, COMPLETED, COMPLETED)
            async with AsyncClient(played.url, transport=played.transport) as client, JobWaiter(client) as waiter:
                both = [asyncio.create_task(waiter.wait(Submission(job_id=JOB_ID))) for _ in range(2)]
                await connected.wait()
                speak.set()
                async with asyncio.timeout(20):
                    assert [job.status for job in await asyncio.gather(*both)] == ["completed", "completed"]

    asyncio.run(play())


@pytest.mark.parametrize("blocked", ["nothing answers", "refused permanently"])
def test_jobs_are_polled_if_the_stream_is_blocked(
    monkeypatch: pytest.MonkeyPatch, blocked: str, free_port: int
) -> None:
    monkeypatch.setattr(many, "_FIRST_POLL_SECONDS", 0.01)

    async def play() -> int:
        async with serve(_never, "127.0.0.1", 0, process_request=lambda one, _: one.respond(403, "")) as server:
            port = free_port if blocked == "nothing answers" else next(iter(server.sockets)).getsockname()[1]
            played = service(f"ws://127.0.0.1:{port}/ws", PENDING, PENDING, COMPLETED)
            async with AsyncClient(played.url, transport=played.transport) as client, JobWaiter(client) as waiter:
                assert (await waiter.wait(Submission(job_id=JOB_ID))).status == "completed"
        return polls(played)

    assert asyncio.run(play()) == 3


async def _never(_connection: ServerConnection) -> None:
    raise AssertionError("a refused connection must not be handled")


def test_a_job_that_has_already_ended_is_requested_at_once(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    monkeypatch.setattr(many, "_FIRST_POLL_SECONDS", 3_600)

    async def play() -> None:
        played = service(f"ws://127.0.0.1:{free_port}/ws", COMPLETED)
        async with AsyncClient(played.url, transport=played.transport) as client, JobWaiter(client) as waiter:
            async with asyncio.timeout(20):
                await waiter.wait(Submission(job_id=JOB_ID, status="completed"))

    asyncio.run(play())


def test_waiting_ends_if_the_job_is_deleted_or_the_time_is_up(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    monkeypatch.setattr(many, "_FIRST_POLL_SECONDS", 0.01)
    gone = httpx.Response(404, json={"detail": "There is no such job."})

    async def play() -> None:
        played = service(f"ws://127.0.0.1:{free_port}/ws", PENDING, gone, PENDING)
        async with AsyncClient(played.url, transport=played.transport) as client, JobWaiter(client) as waiter:
            with pytest.raises(NotFound):
                await waiter.wait(Submission(job_id=JOB_ID))
            with pytest.raises(JobTimeout):
                await waiter.wait(Submission(job_id=JOB_ID), timeout_seconds=-1)

    asyncio.run(play())


def test_no_more_than_the_requested_number_of_tasks_run_in_parallel() -> None:
    at_work, most = 0, 0

    async def work(number: int) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return number

    async def play() -> list[int]:
        return [one async for one in pooled(range(20), work, 4)]

    assert sorted(asyncio.run(play())) == list(range(20))
    assert most == 4


def test_an_exception_stops_all_work() -> None:
    cancelled: list[int] = []

    async def work(number: int) -> None:
        if number == 1:
            raise RuntimeError("no")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async def play() -> None:
        async for _ in pooled(range(9), work, 3):
            pass

    with pytest.raises(RuntimeError, match="no"):
        asyncio.run(play())
    assert sorted(cancelled) == [0, 2]
