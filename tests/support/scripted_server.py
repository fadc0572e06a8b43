"""A WebSocket server whose connections follow scripts, for the reference listener."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from facecast.listener import listen
from facelib.messages.events import Connected, Frame, JobEvent, event_of
from websockets.asyncio.server import ServerConnection, serve

from tests.support.stream import ended_job

Script = Callable[[ServerConnection], object]


def events(count: int) -> list[JobEvent]:
    return [event_of(ended_job(seconds_ago=count - number), "https://faces.example") for number in range(count)]


def ended_event(seconds_ago: float) -> JobEvent:
    return event_of(ended_job(seconds_ago=seconds_ago), "https://faces.example")


def connected(position: str) -> str:
    return Frame(events=(Connected(position=position),)).model_dump_json()


def frame(*some: JobEvent) -> str:
    return json.dumps({"events": [event.model_dump(mode="json") for event in some]})


@asynccontextmanager
async def server(*scripts: Script) -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """Run a server whose connections follow the scripts in turn; yield its address and the queries it saw."""
    queries: list[dict[str, str]] = []
    waiting = iter(scripts)

    async def handle(connection: ServerConnection) -> None:
        assert connection.request
        query = parse_qs(urlsplit(connection.request.path).query)
        queries.append({name: values[0] for name, values in query.items()})
        if "after" not in query:
            assert json.loads(await connection.recv()) == {"action": "hello"}
        await next(waiting)(connection)  # type: ignore[misc]

    async with serve(handle, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws", queries


def sends(*frames: str, then: str = "stay") -> Script:
    async def script(connection: ServerConnection) -> None:
        for each in frames:
            await connection.send(each)
        if then == "stay":
            await connection.wait_closed()
        if then == "reset":
            # A reset drops unread data. The pong shows that everything sent before it has been read.
            await (await connection.ping())
            connection.transport.abort()

    return script


async def heard(count: int, url: str, **options: Any) -> list[str]:
    ids: list[str] = []
    async with aclosing(listen(url, **options)) as stream, asyncio.timeout(20):
        async for event in stream:
            ids.append(event["event_id"])
            if len(ids) == count:
                return ids
    return ids
