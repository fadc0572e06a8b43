"""Many listeners on the real stack: each receives every event once, even if others disconnect."""

import asyncio

import pytest

from benchmarks.load.feed import Ended, feed
from benchmarks.load.fleet import Fleet, fleet
from benchmarks.load.listeners import drive, faults, waits
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

_AT_ONCE = 50.0  # Events per second. One writer cannot send many more.


def run(stack: Stack, listeners: int, events: int, kill: int = 0) -> tuple[Fleet, list[Ended]]:
    async def play() -> tuple[Fleet, list[Ended]]:
        async with fleet(stack.ws_url, listeners) as crowd:
            with feed(stack.endpoint_url, stack.outputs["JobsTableName"]) as source:
                return crowd, await drive(source, crowd, events, _AT_ONCE, kill)

    return asyncio.run(play())


def test_every_listener_receives_every_event_once_and_in_order(stack: Stack) -> None:
    crowd, ended = run(stack, listeners=200, events=10)

    assert len(ended) == 10
    assert not any(faults(listener.heard, ended) for listener in crowd.listeners)
    assert len(waits(crowd.listeners, ended)) == 10


def test_killed_listeners_do_not_affect_others_and_their_rows_are_deleted(stack: Stack) -> None:
    before = connection_ids(stack)
    crowd, ended = run(stack, listeners=40, events=10, kill=12)

    assert len(crowd.listeners) == 28
    assert not any(faults(listener.heard, ended) for listener in crowd.listeners)
    # The other 28 listeners have disconnected properly, so none of the forty rows is left.
    stack.wait_until(lambda: connection_ids(stack) <= before)


def connection_ids(stack: Stack) -> set[str]:
    pages = stack.aws.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["ConnectionsTableName"])
    return {item["connection_id"]["S"] for page in pages for item in page["Items"]}
