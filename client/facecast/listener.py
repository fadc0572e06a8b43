"""A listener that misses nothing: it reconnects by itself, asks for what came meanwhile, and drops what it has seen.

    async for event in listen("wss://.../ws", replay=20):
        print(event["type"], event["job_id"])

`python -m facecast.listener URL [--replay N] [--job JOB_ID]` prints one event a line. Needs the package `websockets`.
"""

import argparse
import asyncio
import json
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import websockets

Event = Mapping[str, Any]

# API Gateway closes a connection over which nothing came for 10 minutes.
PING_SECONDS: Final = 240.0
_PONG_SECONDS: Final = 15.0
# Before the first try again at most a second, then twice as long each time up to a minute, each wait drawn by chance,
# so that a crowd that was cut off at once does not come back at once.
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
# The server starts a replay 90 s before the event it is asked for, and no event is later than that.
_OVERLAP: Final = timedelta(minutes=5)
_ID_TIME: Final = "%Y%m%dT%H%M%S.%fZ"
# The address is wrong or not allowed, which no second try will change.
_FINAL_REFUSALS: Final = frozenset({400, 401, 403, 404})


class Memory:
    """What has been seen: each job's latest event. Ids sort by time, so whatever is not newer is known or overtaken."""

    def __init__(self, now: datetime) -> None:
        self.newest = f"{now:{_ID_TIME}}-00000000"
        self.heard_any = False
        self._of_job: dict[str, str] = {}
        self._room = 1_000

    def is_news(self, event: Event) -> bool:
        """Whether this event was not seen before; from now on it was."""
        job_id, event_id = event["job_id"], event["event_id"]
        if event_id <= self._of_job.get(job_id, ""):
            return False
        self._of_job[job_id] = event_id
        self.newest = max(self.newest, event_id) if self.heard_any else event_id
        self.heard_any = True
        if len(self._of_job) > self._room:
            self._forget()
        return True

    def _forget(self) -> None:
        """Drop what a replay no longer reaches."""
        newest = datetime.strptime(self.newest.partition("-")[0], _ID_TIME).replace(tzinfo=UTC)
        oldest = f"{newest - _OVERLAP:{_ID_TIME}}"
        self._of_job = {job_id: event_id for job_id, event_id in self._of_job.items() if event_id >= oldest}
        self._room = max(1_000, 2 * len(self._of_job))


async def listen(url: str, *, replay: int = 0, job_id: str | None = None) -> AsyncGenerator[Event, None]:
    """Each job event once, and for one job never an older one after a newer one. Goes on until it is closed.

    `replay` asks for the latest events to begin with. Raises websockets.InvalidStatus where the server refuses
    for good.
    """
    memory = Memory(datetime.now(UTC))
    failures = 0
    first = True
    while True:
        wanted = {"job_id": job_id, "replay": replay if not memory.heard_any else 0, "after": ""}
        if not first and not wanted["replay"]:
            wanted["after"] = memory.newest
        query = urlencode({name: value for name, value in wanted.items() if value})
        try:
            async with websockets.connect(f"{url}?{query}".rstrip("?"), ping_interval=None) as socket:
                failures, first = 0, False
                async for event in _events(socket):
                    if memory.is_news(event):
                        yield event
        except websockets.InvalidStatus as error:
            if error.response.status_code in _FINAL_REFUSALS:
                raise
        except (OSError, TimeoutError, websockets.WebSocketException):
            pass
        await asyncio.sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**failures)))  # noqa: S311
        failures += 1


async def _events(socket: websockets.ClientConnection) -> AsyncGenerator[Event, None]:
    """The job events of one connection, which is kept from being idle. Ends, or raises, when it is lost."""
    pinged = False
    while True:
        try:
            async with asyncio.timeout(_PONG_SECONDS if pinged else PING_SECONDS):
                frame = await socket.recv()
        except TimeoutError:
            if pinged:
                raise
            await socket.send('{"action": "ping"}')
            pinged = True
            continue
        except websockets.ConnectionClosed:
            return
        pinged = False
        for event in json.loads(frame)["events"]:
            if "event_id" in event:
                yield event


async def _print(url: str, replay: int, job_id: str | None) -> None:
    async for event in listen(url, replay=replay, job_id=job_id):
        print(json.dumps(event), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m facecast.listener", description="Print events as they come.")
    parser.add_argument("url", help="the stream's address, ws://... or wss://...")
    parser.add_argument("--replay", type=int, default=0, help="begin with this many of the latest events")
    parser.add_argument("--job", help="hear of this job alone")
    wanted = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_print(wanted.url, wanted.replay, wanted.job))


if __name__ == "__main__":
    main()
