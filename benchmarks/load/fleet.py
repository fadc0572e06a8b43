"""Many listeners in one process, which record what they receive and when, and can be killed."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import websockets
from websockets.asyncio.client import ClientConnection

# The emulator accepts one handshake at a time; more parallel ones would only wait.
_HANDSHAKES: Final = 16
# Closing with this option sends a reset instead of a normal close.
_RESET: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Heard:
    event_id: str
    job_id: str
    at: float
    """An event with the `time.time()` of its frame."""


@dataclass
class Listener:
    socket: ClientConnection
    heard: list[Heard] = field(default_factory=list)
    frames: int = 0


class Fleet:
    def __init__(self, listeners: Sequence[Listener]) -> None:
        self.listeners = list(listeners)
        self._parsed: dict[str | bytes, tuple[tuple[str, str], ...]] = {}
        self._changed = asyncio.Event()

    async def follow(self, listener: Listener) -> None:
        """Record what the listener receives until it is closed or killed."""
        try:
            async for frame in listener.socket:
                now = time.time()
                listener.frames += 1
                listener.heard += [Heard(event_id, job_id, now) for event_id, job_id in self._events(frame)]
                self._changed.set()
        except websockets.ConnectionClosed:
            return

    def _events(self, frame: str | bytes) -> tuple[tuple[str, str], ...]:
        """Parse each frame only once, because all listeners receive the same frames."""
        if frame not in self._parsed:
            events = json.loads(frame)["events"]
            self._parsed[frame] = tuple((each["event_id"], each["job_id"]) for each in events if "event_id" in each)
        return self._parsed[frame]

    async def until_heard(self, event_ids: Iterable[str], seconds: float) -> None:
        """Wait until every listener has received all events. Raises TimeoutError if that takes too long."""
        expected = frozenset(event_ids)
        async with asyncio.timeout(seconds):
            for listener in self.listeners:
                while not expected <= {heard.event_id for heard in listener.heard}:
                    self._changed.clear()
                    await self._changed.wait()

    def kill(self, count: int) -> list[Listener]:
        """Kill this many listeners, each with a TCP reset."""
        self.listeners, killed = self.listeners[:-count], self.listeners[-count:]
        for listener in killed:
            transport = listener.socket.transport
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()
        return killed


@asynccontextmanager
async def fleet(url: str, count: int) -> AsyncIterator[Fleet]:
    """Connect this many listeners; close all of them at the end."""
    door = asyncio.Semaphore(_HANDSHAKES)

    async def connect() -> Listener:
        async with door:
            connection = await websockets.connect(
                url, compression=None, ping_interval=None, open_timeout=120, max_queue=None, close_timeout=1
            )
        return Listener(connection)

    made = Fleet(await asyncio.gather(*(connect() for _ in range(count))))
    everyone = list(made.listeners)
    following = [asyncio.create_task(made.follow(listener)) for listener in everyone]
    try:
        yield made
    finally:
        await asyncio.gather(*(listener.socket.close() for listener in everyone), return_exceptions=True)
        await asyncio.gather(*following, return_exceptions=True)
