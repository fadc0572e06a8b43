"""Load test with listeners: `python -m benchmarks.load.listeners [--listeners 1000] [--events 100] [--kill 0]`.

Starts its own local stack (or uses a running one, with --port), connects the listeners, ends jobs by writing to the
jobs table, and reports how long the last listener waited. Each job ends twice (it fails, is retried and completes), so
that the order of its events is also checked. Exits with 1 if any listener missed an event, or received one twice or out
of order.
"""

import argparse
import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.load.feed import Ended, Feed, feed
from benchmarks.load.fleet import Fleet, Heard, Listener, fleet
from infra.local.deploy import deploy, session
from infra.local.layout import Addresses, LocalStack
from infra.local.server import running

_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Faults:
    """The errors of one listener."""

    missed: int
    twice: int
    out_of_order: int

    def __bool__(self) -> bool:
        return bool(self.missed or self.twice or self.out_of_order)


def faults(heard: Sequence[Heard], ended: Sequence[Ended]) -> Faults:
    ids = {each.event_id for each in ended}
    mine = [each for each in heard if each.event_id in ids]
    latest: dict[str, str] = {}
    out_of_order = 0
    for each in mine:
        out_of_order += each.event_id < latest.get(each.job_id, "")
        latest[each.job_id] = each.event_id
    distinct = {each.event_id for each in mine}
    return Faults(missed=len(ids - distinct), twice=len(mine) - len(distinct), out_of_order=out_of_order)


def waits(listeners: Sequence[Listener], ended: Sequence[Ended]) -> list[float]:
    """Return, for each event, the seconds from the write of its job until the last listener received the event."""
    last: dict[str, float] = {}
    for listener in listeners:
        for heard in listener.heard:
            last[heard.event_id] = max(last.get(heard.event_id, 0.0), heard.at)
    return sorted(last[each.event_id] - each.at for each in ended if each.event_id in last)


def spreads(listeners: Sequence[Listener], ended: Sequence[Ended]) -> list[float]:
    """Return, for each event, the seconds between its arrival at the first listener and at the last."""
    times: dict[str, list[float]] = defaultdict(list)
    for listener in listeners:
        for heard in listener.heard:
            times[heard.event_id].append(heard.at)
    return sorted(max(times[each.event_id]) - min(times[each.event_id]) for each in ended if each.event_id in times)


async def drive(source: Feed, listeners: Fleet, events: int, rate: float, kill: int) -> list[Ended]:
    """Produce this many events at this rate; each job ends twice. Halfway, kill some listeners."""
    jobs = [await asyncio.to_thread(source.add) for _ in range(events // 2)]
    ended: list[Ended] = []
    start = time.monotonic()
    for number in range(2 * len(jobs)):
        first, job_id = number < len(jobs), jobs[number % len(jobs)]
        if number == len(jobs) and kill:
            listeners.kill(kill)
        if not first:
            await asyncio.to_thread(source.retry, job_id)
        await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
        ended.append(await asyncio.to_thread(source.end, job_id, failed=first))
    await listeners.until_heard([each.event_id for each in ended], _TIMEOUT_SECONDS)
    # Once a later event has arrived, any duplicates have also arrived.
    last = await asyncio.to_thread(lambda: source.end(source.add()))
    await listeners.until_heard([last.event_id], _TIMEOUT_SECONDS)
    return ended


def rows(addresses: Addresses, local_stack: LocalStack) -> set[str]:
    """Return the ids of the listeners in the connections table."""
    table = session(local_stack).client("dynamodb")
    pages = table.get_paginator("scan").paginate(TableName=addresses.outputs["ConnectionsTableName"])
    return {item["connection_id"]["S"] for page in pages for item in page["Items"]}


async def _rows_of_the_dead(addresses: Addresses, local_stack: LocalStack, mine: set[str], alive: int) -> int:
    """Return the number of rows of killed listeners, after waiting until it is 0 or the time is up."""
    for _ in range(_TIMEOUT_SECONDS):
        if (left := len(rows(addresses, local_stack) & mine) - alive) <= 0:
            break
        await asyncio.sleep(1)
    return left


async def run(addresses: Addresses, local_stack: LocalStack, args: argparse.Namespace) -> bool:
    before, start = rows(addresses, local_stack), time.monotonic()
    async with fleet(addresses.ws_url, args.listeners) as listeners:
        mine = rows(addresses, local_stack) - before
        print(f"listeners   {args.listeners} connected in {time.monotonic() - start:.1f} s")
        with feed(addresses.endpoint_url, addresses.outputs["JobsTableName"]) as source:
            # A first event, to start the functions.
            await drive(source, listeners, events=2, rate=args.rate, kill=0)
            ended = await drive(source, listeners, args.events, args.rate, args.kill)
        faulty = [faults(listener.heard, ended) for listener in listeners.listeners]
        taken = waits(listeners.listeners, ended)
        percent = quantiles(taken, n=100)
        frames = sum(listener.frames for listener in listeners.listeners) / len(listeners.listeners)
        print(f"events      {len(ended)} at {args.rate:g}/s, in {frames:.1f} frames for each listener")
        print(f"last event  p50 {percent[49]:.3f} s, p95 {percent[94]:.3f} s, max {taken[-1]:.3f} s after the write")
        print(f"first to last  p50 {median(spreads(listeners.listeners, ended)):.3f} s")
        bad = sum(map(bool, faulty))
        print(f"exactness   {bad} of {len(faulty)} listeners missed an event, or received one twice or out of order")
        if args.kill:
            left = await _rows_of_the_dead(addresses, local_stack, mine, len(listeners.listeners))
            print(f"killed      {args.kill} by TCP reset; {left} of their rows are left")
            bad += left != 0
    return bad == 0


@contextmanager
def _stack(port: int, *, use: bool) -> Iterator[tuple[Addresses, LocalStack]]:
    local_stack = LocalStack(port)
    if use:
        addresses = local_stack.addresses()
        if addresses is None:
            sys.exit(f"No stack is running on port {port}.")
        yield addresses, local_stack
        return
    with running(local_stack) as pid:
        yield deploy(local_stack, pid), local_stack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--rate", type=float, default=10, help="events a second")
    parser.add_argument("--kill", type=int, default=0, help="listeners to kill in the middle")
    parser.add_argument("--port", type=int, help="port of a running stack; without it, a stack is started on port 4599")
    args = parser.parse_args()
    with _stack(args.port or 4599, use=args.port is not None) as (addresses, local_stack):
        return 0 if asyncio.run(run(addresses, local_stack, args)) else 1


if __name__ == "__main__":
    sys.exit(main())
