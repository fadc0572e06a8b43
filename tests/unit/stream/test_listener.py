"""The reference listener, with a server that disconnects, restarts and repeats events."""

import asyncio
import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Self

import pytest
import websockets
from facecast import listener
from facecast.listener import Memory
from facelib.messages.events import new_event_id, position_at
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.support.scripted_server import connected, ended_event, events, frame, heard, sends, server
from tests.support.stream import ended_job


@pytest.fixture(autouse=True)
def _no_waits_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "_FIRST_WAIT", 0.0)


def test_a_disconnected_listener_receives_each_event_once() -> None:
    all_of_them = events(6)
    one, two, three, four, five, six = all_of_them

    async def play() -> None:
        async with server(
            sends(frame(one, two), then="reset"),
            # Late: the id of `three` is smaller than that of `four`, which was already received.
            sends(frame(two, four), then="close"),
            sends(frame(one, two, three, four, five), '{"events": [{"type": "pong"}]}', frame(five), frame(six)),
        ) as (url, queries):
            assert sorted(await heard(6, url, replay=20)) == [each.event_id for each in all_of_them]
            assert queries == [{"replay": "20"}, {"after": two.event_id}, {"after": four.event_id}]

    asyncio.run(play())


@pytest.fixture(params=[-5, 0, 5], ids=["slow clock", "right clock", "fast clock"])
def clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock of the listener's machine this many minutes ahead."""
    offset = timedelta(minutes=request.param)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + offset

    now = time.time
    monkeypatch.setattr(listener, "datetime", Clock)
    monkeypatch.setattr(time, "time", lambda: now() + offset.total_seconds())


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_listener_dropped_before_its_first_event_resumes_from_the_services_position(ending: str) -> None:
    """Even with a wrong clock, no event of the outage is missed, and no event from before the start counts as new."""
    old, older = ended_event(80), ended_event(85)
    start = position_at(datetime.now(UTC) - timedelta(seconds=30))
    missed = [ended_event(ago) for ago in (20, 15, 10)]

    async def play() -> None:
        async with server(
            sends(connected(start), then=ending),
            sends(then=ending),
            sends(frame(older, old, *missed)),
        ) as (url, queries):
            assert await heard(3, url) == [event.event_id for event in missed]
            assert queries == [{}, {"after": start}, {"after": start}]

    asyncio.run(play())


@pytest.mark.usefixtures("clock")
def test_an_interrupted_replay_is_requested_again_for_the_whole_outage() -> None:
    old = ended_event(80)
    start = position_at(datetime.now(UTC) - timedelta(seconds=30))
    missed = [ended_event(ago) for ago in (20, 10)]
    later = ended_event(0)

    async def play() -> None:
        async with server(
            sends(connected(start), then="reset"),
            sends(frame(old, *missed), then="reset"),
            # Because of the overlap, the replay starts before the oldest requested event.
            sends(frame(ended_event(85), old, *missed, later)),
        ) as (url, queries):
            assert await heard(4, url, replay=2) == [event.event_id for event in (old, *missed, later)]
            assert queries == [{"replay": "2"}, {"replay": "2", "after": start}, {"after": missed[-1].event_id}]

    asyncio.run(play())


def test_a_live_event_from_before_the_services_position_counts_as_new() -> None:
    """The event's job may have ended just before the listener connected, and the event may have arrived just after."""
    early, start, later = ended_event(20), position_at(datetime.now(UTC) - timedelta(seconds=15)), ended_event(10)

    async def play() -> None:
        async with server(
            sends(frame(early), connected(start), then="reset"), sends(frame(ended_event(30), early, later))
        ) as (url, queries):
            assert await heard(2, url) == [early.event_id, later.event_id]
            assert queries == [{}, {"after": early.event_id}]

    asyncio.run(play())


def test_a_connection_lost_before_the_services_position_arrives_does_not_count_as_open() -> None:
    (one,) = events(1)
    states: list[bool] = []

    async def play() -> None:
        async with server(sends(then="reset"), sends(connected(position_at(datetime.now(UTC))), frame(one))) as (
            url,
            queries,
        ):
            await heard(1, url, on_connection=states.append)
            assert queries == [{}, {}]

    asyncio.run(play())
    assert states == [False, True, False]


def test_the_listener_reconnects_if_the_service_does_not_send_its_position(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = events(1)
    monkeypatch.setattr(listener, "_PONG_SECONDS", 0.3)

    async def play() -> None:
        async with server(sends(), *[sends(connected(position_at(datetime.now(UTC))), frame(one))] * 9) as (
            url,
            queries,
        ):
            await heard(1, url)
            assert len(queries) > 1

    asyncio.run(play())


def test_an_older_event_of_a_job_does_not_count_as_new() -> None:
    memory = Memory()
    job = ended_job()
    failed = {"job_id": job.job_id, "event_id": new_event_id(datetime.now(UTC), job.job_id)}
    completed = {"job_id": job.job_id, "event_id": new_event_id(datetime.now(UTC) + timedelta(seconds=9), job.job_id)}

    assert memory.is_news(completed, is_resumed=False)
    assert not memory.is_news(failed, is_resumed=False)
    assert not memory.is_news(completed, is_resumed=False)


def test_the_memory_is_limited_to_the_range_of_a_replay() -> None:
    memory = Memory()
    start = datetime(2026, 1, 1, tzinfo=UTC)

    for number in range(5_000):
        job_id = f"{number:08x}"
        assert memory.is_news(
            {"job_id": job_id, "event_id": new_event_id(start + timedelta(seconds=number), job_id)}, is_resumed=False
        )

    assert len(memory._of_job) <= 1_001
    last = [f"{number:08x}" for number in range(4_910, 5_000)]
    assert not any(
        memory.is_news(
            {"job_id": each, "event_id": new_event_id(start + timedelta(seconds=int(each, 16)), each)}, is_resumed=False
        )
        for each in last
    )


def test_a_silent_connection_is_pinged_and_then_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = events(1)
    monkeypatch.setattr(listener, "PING_SECONDS", 0.05)
    monkeypatch.setattr(listener, "_PONG_SECONDS", 0.3)
    said: list[str | bytes] = []

    async def silent(connection: ServerConnection) -> None:
        await connection.send(connected(position_at(datetime.now(UTC) - timedelta(seconds=5))))
        with suppress(websockets.ConnectionClosed):
            async for message in connection:
                said.append(message)  # noqa: PERF401 - keeps what arrived before the connection broke

    async def play() -> None:
        async with server(silent, sends(frame(one))) as (url, _):
            assert await heard(1, url) == [one.event_id]

    asyncio.run(play())
    assert [json.loads(each) for each in islice(said, 1)] == [{"action": "ping"}]


def test_an_unavailable_server_is_retried() -> None:
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


def test_a_permanent_refusal_raises_an_error() -> None:
    def refuse(connection: ServerConnection, _request: Request) -> Response:
        return connection.respond(400, "")

    async def play() -> None:
        async with serve(sends(), "127.0.0.1", 0, process_request=refuse) as running:  # type: ignore[arg-type]
            port = next(iter(running.sockets)).getsockname()[1]
            with pytest.raises(websockets.InvalidStatus):
                await heard(1, f"ws://127.0.0.1:{port}")

    asyncio.run(play())


def test_waits_between_attempts_stay_short_in_a_long_outage() -> None:
    assert all(0 <= listener._pause(failures) <= listener._LONGEST_WAIT for failures in (0, 5, 2_000))
