"""A listener that does not miss events: it reconnects, requests a replay, and drops duplicates.

    async for event in listen("wss://.../ws", replay=20):
        print(event["type"], event["job_id"])

`python -m facecast.listener URL [--replay N] [--job JOB_ID]` prints one event per line.
"""

import argparse
import asyncio
import json
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import websockets

from facecast.errors import TooManyRequests, Unreachable

Event = Mapping[str, Any]

# API Gateway closes idle connections (docs/websocket.md).
PING_SECONDS: Final = 240.0
_PONG_SECONDS: Final = 15.0
# Exponential backoff with full jitter, from one second to a minute, so that listeners that were cut off together do not
# all reconnect at once.
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
# Longer than `REPLAY_OVERLAP_SECONDS`: a replay starts that long before the given event, to include late events.
_OVERLAP: Final = timedelta(minutes=5)
_ID_TIME: Final = "%Y%m%dT%H%M%S.%fZ"
# Sorts after every event id.
_AFTER_ALL: Final = "9999"
# The address is wrong or not allowed, so a retry cannot succeed.
_FINAL_REFUSALS: Final = frozenset({400, 401, 403, 404})


class Memory:
    """The latest event seen for each job, and the position in the stream. Ids sort by time.

    All times are the service's, because this machine's clock may be wrong.
    """

    def __init__(self) -> None:
        # Where the next connection resumes; None until the service has sent its position in the stream.
        self.position: str | None = None
        self.heard_any = False
        self._start = _AFTER_ALL
        self._of_job: dict[str, str] = {}
        self._room = 1_000

    def begin(self, position: str) -> None:
        """Adopt the position that the service sent to the first connection."""
        self._start = min(self._start, position)
        self.position = self.position or position

    def news(self, events: Iterable[Event], *, is_resumed: bool) -> Iterator[Event]:
        """Yield the new job events of a frame, and handle its other events."""
        for event in events:
            if event["type"] == "connected":
                self.begin(event["position"])
            if "event_id" in event and self.is_news(event, is_resumed=is_resumed):
                yield event

    def is_news(self, event: Event, *, is_resumed: bool) -> bool:
        """Return whether an event is new, and mark it as seen.

        A connection that resumes also receives events from before the listener started, which are not new. An event
        that is not newer than the last one of its job is a duplicate or out of date.
        """
        job_id, event_id = event["job_id"], event["event_id"]
        if event_id <= self._of_job.get(job_id, "") or (is_resumed and event_id < self._start):
            return False
        self._of_job[job_id] = event_id
        self._start = min(self._start, event_id)
        self.position = max(self.position, event_id) if self.position and self.heard_any else event_id
        self.heard_any = True
        if len(self._of_job) > self._room:
            self._remove_stale()
        return True

    def _remove_stale(self) -> None:
        """Forget events that are too old to be in a replay."""
        newest = datetime.strptime((self.position or "").partition("-")[0], _ID_TIME).replace(tzinfo=UTC)
        oldest = f"{newest - _OVERLAP:{_ID_TIME}}"
        self._of_job = {job_id: event_id for job_id, event_id in self._of_job.items() if event_id >= oldest}
        self._room = max(1_000, 2 * len(self._of_job))


async def listen(
    address: str | Callable[[], Awaitable[str]],
    *,
    replay: int = 0,
    job_id: str | None = None,
    on_connection: Callable[[bool], None] | None = None,
) -> AsyncGenerator[Event, None]:
    """Yield each job event once, in order for each job. Runs until it is closed.

    `address` is the stream's URL, or a function that returns a URL with a new ticket for each connection. `replay` is
    the number of past events to start with. `on_connection` is called with True when a connection is open, after which
    no event is missed, and with False when it is lost. Raises websockets.InvalidStatus if the server refuses
    permanently, and the errors of `address` except for Unreachable and TooManyRequests, which are temporary.
    """
    memory = Memory()
    failures = 0
    while True:
        wants_replay = replay if not memory.heard_any else 0
        is_open, is_resumed = False, memory.position is not None and not wants_replay
        parameters = {"job_id": job_id, "replay": wants_replay, "after": memory.position}
        try:
            url = _with_query(address if isinstance(address, str) else await address(), parameters)
            async with websockets.connect(url, ping_interval=None) as socket:
                async for events in _frames(socket, is_first=memory.position is None):
                    if not is_open:
                        _notify(on_connection, is_connected=True)
                    failures, is_open = 0, True
                    for event in memory.news(events, is_resumed=is_resumed):
                        yield event
        except websockets.InvalidStatus as error:
            if error.response.status_code in _FINAL_REFUSALS:
                raise
        except (OSError, TimeoutError, websockets.WebSocketException, Unreachable, TooManyRequests):
            pass
        finally:
            _notify(on_connection, is_connected=False)
        await asyncio.sleep(_pause(failures))
        failures += 1


def _with_query(url: str, parameters: Mapping[str, Any]) -> str:
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def _notify(on_connection: Callable[[bool], None] | None, *, is_connected: bool) -> None:
    if on_connection:
        on_connection(is_connected)


async def _frames(socket: websockets.ClientConnection, *, is_first: bool) -> AsyncGenerator[Sequence[Event], None]:
    """Yield the events of each frame of one connection; it is open once this has yielded for the first time.

    The first connection is open once the service has sent its position in the stream. Any later one yields an empty
    list at once. Pings prevent API Gateway from closing a connection as idle. Ends or raises an error when the
    connection is lost.
    """
    if is_first:
        await socket.send('{"action": "hello"}')
    else:
        yield ()
    awaits_answer = is_first
    while True:
        try:
            async with asyncio.timeout(_PONG_SECONDS if awaits_answer else PING_SECONDS):
                frame = await socket.recv()
        except TimeoutError:
            if awaits_answer:
                raise
            await socket.send('{"action": "ping"}')
            awaits_answer = True
            continue
        except websockets.ConnectionClosed:
            return
        awaits_answer = False
        yield json.loads(frame)["events"]


def _pause(failures: int) -> float:
    """Return random seconds to wait before the next attempt; each failure doubles the maximum, up to a minute."""
    # Without a limit on the exponent, the power would exceed the range of floats after 1,024 failures (some hours).
    return random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures, 10)))  # noqa: S311


async def _print(url: str, replay: int, job_id: str | None) -> None:
    async for event in listen(url, replay=replay, job_id=job_id):
        print(json.dumps(event), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m facecast.listener", description="Print events as they arrive.")
    parser.add_argument("url", help="the stream's address, ws://... or wss://...")
    parser.add_argument("--replay", type=int, default=0, help="number of past events to start with")
    parser.add_argument("--job", help="receive events of this job only")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_print(arguments.url, arguments.replay, arguments.job))


if __name__ == "__main__":
    main()
