"""The reference listener against a server that drops it, repeats itself and comes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import parse_qs, urlsplit

import pytest
import websockets
from facecast import listener
from facecast.listener import Memory, listen
from facelib.events import JobEvent, event_of, new_event_id
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.support.stream import ended_job

Script = Callable[[ServerConnection, dict[str, str]], object]


def events(count: int) -> list[JobEvent]:
    return [event_of(ended_job(seconds_ago=count - number), "https://faces.example") for number in range(count)]


def frame(*some: JobEvent) -> str:
    return json.dumps({"events": [event.model_dump(mode="json") for event in some]})


@pytest.fixture(autouse=True)
def _no_waits_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_FIRST_WAIT", 0.0)


@asynccontextmanager
async def server(*scripts: Callable[[ServerConnection], object]) -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """Run a server whose connections follow the scripts in turn; yield its address and the queries it saw."""
    queries: list[dict[str, str]] = []
    waiting = iter(scripts)

    async def handle(connection: ServerConnection) -> None:
        assert connection.request
        query = parse_qs(urlsplit(connection.request.path).query)
        queries.append({name: values[0] for name, values in query.items()})
        await next(waiting)(connection)  # type: ignore[misc]

    async with serve(handle, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws", queries


def sends(*frames: str, then: str = "stay") -> Callable[[ServerConnection], object]:
    async def script(connection: ServerConnection) -> None:
        for each in frames:
            await connection.send(each)
        if then == "stay":
            await connection.wait_closed()
        if then == "reset":
            connection.transport.abort()

    return script


async def heard(count: int, url: str, **options: int | str) -> list[str]:
    ids: list[str] = []
    async with aclosing(listen(url, **options)) as stream, asyncio.timeout(20):  # type: ignore[arg-type]
        async for event in stream:
            ids.append(event["event_id"])
            if len(ids) == count:
                return ids
    return ids


def test_a_listener_that_is_dropped_has_each_event_once() -> None:
    all_of_them = events(6)
    one, two, three, four, five, six = all_of_them

    async def play() -> None:
        async with server(
            sends(frame(one, two), then="reset"),
            # Told late: the id of `three` is smaller than that of `four`, which was heard already.
            sends(frame(two, four), then="close"),
            sends(frame(one, two, three, four, five), '{"events": [{"type": "pong"}]}', frame(five), frame(six)),
        ) as (url, queries):
            assert sorted(await heard(6, url, replay=20)) == [each.event_id for each in all_of_them]
            assert queries == [{"replay": "20"}, {"after": two.event_id}, {"after": four.event_id}]

    asyncio.run(play())


def test_a_listener_dropped_before_it_heard_anything_asks_for_all_since_it_began() -> None:
    (one,) = events(1)

    async def play() -> None:
        async with server(sends(then="reset"), sends(frame(one))) as (url, queries):
            before = f"{datetime.now(UTC) - timedelta(seconds=5):%Y%m%dT%H%M%S}"
            await heard(1, url, job_id=one.job_id)
            assert queries[0] == {"job_id": one.job_id}
            assert before < queries[1]["after"]

    asyncio.run(play())


def test_an_older_event_of_a_job_is_not_news() -> None:
    memory = Memory(datetime.now(UTC))
    job = ended_job()
    failed = {"job_id": job.job_id, "event_id": new_event_id(datetime.now(UTC), job.job_id)}
    completed = {"job_id": job.job_id, "event_id": new_event_id(datetime.now(UTC) + timedelta(seconds=9), job.job_id)}

    assert memory.is_news(completed)
    assert not memory.is_news(failed)
    assert not memory.is_news(completed)


def test_the_memory_is_bounded_by_what_a_replay_reaches() -> None:
    memory = Memory(datetime.now(UTC))
    start = datetime(2026, 1, 1, tzinfo=UTC)

    for number in range(5_000):
        job_id = f"{number:08x}"
        assert memory.is_news({"job_id": job_id, "event_id": new_event_id(start + timedelta(seconds=number), job_id)})

    assert len(memory._of_job) <= 1_001
    last = [f"{number:08x}" for number in range(4_910, 5_000)]
    assert not any(
        memory.is_news({"job_id": each, "event_id": new_event_id(start + timedelta(seconds=int(each, 16)), each)})
        for each in last
    )


def test_a_silent_connection_is_pinged_and_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = events(1)
    monkeypatch.setattr(listener, "PING_SECONDS", 0.05)
    monkeypatch.setattr(listener, "_PONG_SECONDS", 0.05)
    said: list[str | bytes] = []

    async def silent(connection: ServerConnection) -> None:
        with suppress(websockets.ConnectionClosed):
            async for message in connection:
                said.append(message)  # noqa: PERF401 - what was said before the connection broke counts

    async def play() -> None:
        async with server(silent, sends(frame(one))) as (url, _):
            assert await heard(1, url) == [one.event_id]

    asyncio.run(play())
    assert [json.loads(each) for each in islice(said, 1)] == [{"action": "ping"}]


def test_a_server_that_is_away_is_tried_again() -> None:
    (one,) = events(1)
    responses = iter([503, 429])

    def refuse(connection: ServerConnection, _request: Request) -> Response | None:
        status = next(responses, None)
        return connection.respond(status, "") if status else None

    async def play() -> None:
        async with serve(sends(frame(one)), "127.0.0.1", 0, process_request=refuse) as running:  # type: ignore[arg-type]
            port = next(iter(running.sockets)).getsockname()[1]
            assert await heard(1, f"ws://127.0.0.1:{port}") == [one.event_id]

    asyncio.run(play())


def test_an_address_that_is_refused_for_good_is_an_error() -> None:
    def refuse(connection: ServerConnection, _request: Request) -> Response:
        return connection.respond(400, "")

    async def play() -> None:
        async with serve(sends(), "127.0.0.1", 0, process_request=refuse) as running:  # type: ignore[arg-type]
            port = next(iter(running.sockets)).getsockname()[1]
            with pytest.raises(websockets.InvalidStatus):
                await heard(1, f"ws://127.0.0.1:{port}")

    asyncio.run(play())
