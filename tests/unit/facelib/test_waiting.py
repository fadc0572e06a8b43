"""A process may keep requests waiting only while it holds one of the leases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facelib.domain import limits
from facelib.stores import clients
from facelib.stores.access import waiting
from facelib.stores.access.waiting import WaitingStore

from tests.support.account import Cloud

SECONDS = limits.WAIT_SECONDS


class Clock:
    """A clock that also counts writes to the table."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.writes = 0

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made, put = Clock(), clients.dynamodb().put_item

    def counted(**item: Any) -> object:
        made.writes += 1
        return put(**item)

    monkeypatch.setattr(clients.dynamodb(), "put_item", counted)
    monkeypatch.setattr(waiting, "utc_now", lambda: made.now)
    return made


def processes(account: Cloud, count: int, leases: int) -> list[WaitingStore]:
    return [WaitingStore(account.access_table, leases) for _ in range(count)]


@pytest.mark.parametrize("leases", [0, 1, 2, 3])
def test_one_process_per_lease_can_wait(account: Cloud, clock: Clock, leases: int) -> None:
    assert [each.may_wait(SECONDS) for each in processes(account, 8, leases)].count(True) == leases


def test_a_process_keeps_its_lease_between_requests(account: Cloud, clock: Clock) -> None:
    first, second = processes(account, 2, 1)
    for _ in range(10):
        assert first.may_wait(SECONDS)
        assert not second.may_wait(SECONDS)
        clock.advance(SECONDS)


def test_the_lease_of_a_crashed_process_expires(account: Cloud, clock: Clock) -> None:
    dead, other = processes(account, 2, 1)
    assert dead.may_wait(SECONDS)
    clock.advance(SECONDS)
    assert not other.may_wait(SECONDS)
    clock.advance(45)
    assert other.may_wait(SECONDS)
    assert not dead.may_wait(SECONDS), "a process that was only slow has also lost its lease"


def test_a_lease_covers_the_whole_wait(account: Cloud, clock: Clock) -> None:
    """A request holds its lease until the end of its wait, so two requests never hold the same lease."""
    first, second = processes(account, 2, 1)
    for _ in range(50):
        clock.advance(7)
        if first.may_wait(SECONDS):
            clock.advance(SECONDS)
            assert not second.may_wait(1)


def test_waiting_costs_a_write_every_forty_seconds(account: Cloud, clock: Clock) -> None:
    [process] = processes(account, 1, 5)
    for _ in range(400):
        assert process.may_wait(SECONDS)
        clock.advance(1)
    assert clock.writes == pytest.approx(400 / 40, abs=1)


def test_a_refusal_costs_at_most_three_writes(account: Cloud, clock: Clock) -> None:
    for each in processes(account, 60, 10):
        each.may_wait(SECONDS)
    clock.writes = 0
    processes(account, 1, 10)[0].may_wait(SECONDS)
    assert clock.writes <= 3
