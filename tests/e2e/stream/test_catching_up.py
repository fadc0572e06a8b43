"""Reconnecting to the real stack: replays, the reference listener, and invalid requests."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
import websockets
from facecast import listener
from facecast.listener import listen
from facelib.messages.events import new_event_id
from websockets.exceptions import InvalidStatus

from benchmarks.load.feed import Ended, feed
from tests.support.stack import Stack, wait_until
from tests.support.stream import ended_job, indexed

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_a_listener_that_reconnects_receives_each_event_once(stack: Stack) -> None:
    """The listener disconnects twice during ten events, and misses some of them."""

    async def play() -> tuple[list[str], list[str]]:
        with feed(stack.endpoint_url, stack.outputs["JobsTableName"]) as source:
            jobs = [source.add() for _ in range(10)]
            heard: list[str] = []
            begun = asyncio.Event()

            async def follow() -> None:
                async with aclosing(listen(stack.ws_url, replay=1)) as events:
                    async for event in events:
                        begun.set()
                        if event["job_id"] in jobs:
                            heard.append(event["event_id"])

            await asyncio.to_thread(source.end, source.add())
            following = asyncio.create_task(follow())
            await begun.wait()
            ended = []
            for number, job_id in enumerate(jobs):
                ended.append((await asyncio.to_thread(source.end, job_id)).event_id)
                if number in (2, 6):
                    await asyncio.to_thread(stack.cut_every_connection)
            async with asyncio.timeout(60):
                while not set(ended) <= set(heard):
                    await asyncio.sleep(0.05)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            return ended, heard

    ended, heard = asyncio.run(play())

    assert sorted(heard) == ended


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_listener_cut_off_before_its_first_event_misses_none_with_any_clock(
    stack: Stack, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay also contains jobs that ended shortly before the listener connected; they do not count as new."""

    async def play() -> tuple[list[str], list[str]]:
        with feed(stack.endpoint_url, stack.outputs["JobsTableName"]) as source:
            jobs = [source.add() for _ in range(3)]
            connected, heard = asyncio.Queue[bool](), list[str]()

            async def follow() -> None:
                async with aclosing(listen(stack.ws_url, on_connection=connected.put_nowait)) as events:
                    async for event in events:
                        heard.append(event["job_id"])

            with monkeypatch.context() as patch:
                patch.setattr(listener, "datetime", clock(minutes))
                following = asyncio.create_task(follow())
                assert await connected.get()
                with monkeypatch.context() as outage:
                    outage.setattr(websockets, "connect", refused)
                    await asyncio.to_thread(stack.cut_every_connection)
                    assert not await connected.get()
                    for job_id in jobs:
                        await asyncio.to_thread(source.end, job_id)
                async with asyncio.timeout(60):
                    while not set(jobs) <= set(heard):
                        await asyncio.sleep(0.05)
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            return jobs, [job_id for job_id in heard if job_id in (before.job_id, *jobs)]

    (before,) = end_and_tell(stack, 1)
    jobs, heard = asyncio.run(play())

    assert sorted(heard) == sorted(jobs), "each job is reported once; the order of different jobs is not fixed"


def clock(minutes: int) -> type[datetime]:
    """Return a `datetime` class whose clock is wrong by this number of minutes."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(minutes=minutes)

    return Wrong


def refused(*_: object, **__: object) -> None:
    raise OSError("the network is down")


def end_and_tell(stack: Stack, count: int) -> list[Ended]:
    """Return finished jobs whose events were delivered to the listeners."""
    with feed(stack.endpoint_url, stack.outputs["JobsTableName"]) as source, stack.listener() as witness:
        ended = [source.end(source.add()) for _ in range(count)]
        for each in ended:
            witness.wait_for_job(each.job_id)
    return ended


def test_a_replay_on_connecting_is_not_lost(stack: Stack) -> None:
    ended = end_and_tell(stack, 3)

    with stack.listener("?replay=20") as listener:
        for each in ended:
            listener.wait_for_job(each.job_id)
        mine = [each.job_id for each in ended]
        assert [event["job_id"] for event in listener.events if event.get("job_id") in mine] == mine
    # Replays for listeners that disconnect during the handshake, such as those of other tests, are retried for a while.
    wait_until(lambda: stack.messages("DeliveryQueue") == 0, seconds=60)
    assert stack.messages("BroadcastFailureQueue") == 0


def test_a_replay_contains_a_job_that_ended_before_its_listener_connected(stack: Stack) -> None:
    mine, _other = end_and_tell(stack, 2)

    with stack.listener(f"?job_id={mine.job_id}&replay=1") as listener:
        assert listener.wait_for_job(mine.job_id)["type"] == "job.completed"
        assert [event["job_id"] for event in listener.events if "job_id" in event] == [mine.job_id]


def test_a_deletion_reaches_current_and_later_listeners(stack: Stack) -> None:
    """Listeners that received the job's end also receive its deletion, whose id is larger than any previous event's."""
    mine, other = end_and_tell(stack, 2)

    with stack.listener() as listener:
        assert stack.http.delete(f"/jobs/{mine.job_id}").status_code == 204
        live = listener.wait_for_job(mine.job_id)
    assert (live["type"], set(live)) == ("job.deleted", {"type", "event_id", "job_id"})
    assert live["event_id"] > mine.event_id
    for query in (f"?job_id={mine.job_id}&replay=1", f"?after={mine.event_id}", "?replay=20"):
        with stack.listener(query) as late:
            late.wait_for(live.__eq__)
            assert late.of_job(mine.job_id) == [live]
            assert query.startswith("?job_id") or late.wait_for_job(other.job_id)["type"] == "job.completed"


def test_a_replay_after_an_event_contains_the_later_events(stack: Stack) -> None:
    with (
        feed(stack.endpoint_url, stack.outputs["JobsTableName"]) as source,
        stack.listener(f"?job_id={ended_job().job_id}") as listener,
    ):
        ended = [source.end(source.add()) for _ in range(3)]
        listener.socket.send('{"action": "subscribe", "job_id": null}')
        listener.wait_for(lambda event: event["type"] == "subscribed")
        listener.socket.send(json.dumps({"action": "replay", "after": ended[0].event_id}))
        for each in ended[1:]:
            listener.wait_for_job(each.job_id)


def test_a_listener_can_change_its_subscription(stack: Stack) -> None:
    with (
        feed(stack.endpoint_url, stack.outputs["JobsTableName"]) as source,
        stack.listener() as listener,
        stack.listener() as everything,
    ):
        mine, other, after = source.add(), source.add(), source.add()
        for job_id, ending in ((mine, other), (None, after)):
            listener.socket.send(json.dumps({"action": "subscribe", "job_id": job_id}))
            listener.wait_for({"type": "subscribed", "job_id": job_id}.__eq__)
            source.end(ending)
            everything.wait_for_job(ending)
        source.end(mine)
        listener.wait_for_job(after)
        listener.wait_for_job(mine)
        assert listener.of_job(other) == []


def test_invalid_frames_get_an_error_frame(stack: Stack) -> None:
    with stack.listener(f"?job_id={ended_job().job_id}") as listener:
        for text in ("hello", '{"action": "dance"}', '{"action": "replay", "limit": 0}'):
            listener.socket.send(text)
            listener.ping()
            assert [event["type"] for event in listener.events[-2:]] == ["error", "pong"]


@pytest.mark.parametrize("query", ["?job_id=mine", "?replay=1000", "?after=yesterday", "?colour=red"])
def test_an_invalid_address_is_refused(query: str, stack: Stack) -> None:
    with pytest.raises(InvalidStatus), stack.listener(query):
        pass


def test_events_with_ids_slightly_out_of_order_are_not_missed(stack: Stack) -> None:
    """Two detectors end a job each, the second with a slow clock; the listener reconnects after the first job."""
    jobs = stack.outputs["JobsTableName"]
    known, late = ended_job(), ended_job(seconds_ago=30)
    assert known.event_id
    assert new_event_id(datetime.now(UTC) - timedelta(seconds=30), late.job_id) < known.event_id
    table = stack.aws.client("dynamodb")
    for job in (known, late):
        table.put_item(TableName=jobs, Item=indexed(job, shards=1))

    with stack.listener(f"?after={known.event_id}") as listener:
        listener.wait_for_job(late.job_id)
