"""A model of delivery time, cost, and the quota that is reached first: `python -m benchmarks.scaling`.

Writes docs/scaling.svg and the table of docs/scaling.md. Every number from AWS is below with its source, and every
other number with its measurement. To try other inputs, change the numbers and run this module again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, inf
from pathlib import Path
from typing import Final

from facelib.domain.limits import FRAME_BYTES

from benchmarks.chart import Axis, Mark, Panel, Series, svg

# AWS's defaults and us-east-1 list prices of 2026-11-22.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (shared by all APIs of account and Region)
POSTS_PER_SECOND: Final = 10_000
RAISED_POSTS_PER_SECOND: Final = 200_000  # requested for a million listeners; AWS decides
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
CONNECTIONS_PER_SECOND: Final = 500
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
CONCURRENCY: Final = 1_000
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html (one partition)
PARTITION_READS_PER_SECOND: Final = 3_000
# https://aws.amazon.com/api-gateway/pricing/ (metered in units of 32 KB; above a billion a month, 0.80 a million)
DOLLARS_PER_POST: Final = 1.00e-6
DOLLARS_PER_CONNECTION_MINUTE: Final = 0.25e-6
# https://aws.amazon.com/lambda/pricing/ (Arm), https://aws.amazon.com/dynamodb/pricing/on-demand/,
# https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer
DOLLARS_PER_GB_SECOND: Final = 0.0000133334
DOLLARS_PER_READ: Final = 0.125e-6
DOLLARS_PER_GB_OUT: Final = 0.09

# Measured here. The size of an event in a frame is printed by benchmarks/load/posting.py. A row has two keys and a TTL.
EVENT_BYTES: Final = 380
ROW_BYTES: Final = 60
FUNCTION_GB: Final = 1.0
# An assumption, to be measured on AWS: locally, a post takes 0.6 ms of CPU (docs/decisions), and 1 GB is 0.58 of a
# core.
POSTS_PER_FUNCTION: Final = 1_000
LISTENERS_AT_ONCE: Final = 1_000
# Assumed seconds for the stream to invoke the function and to read the listeners, and, if there are many, for the
# queue.
OVERHEAD: Final = 0.2
HOP: Final = 0.2
# The broadcaster's time-out of 30 s, minus its reserve. It cannot delay the stream for longer than a pass of this
# duration; with longer passes, posts accumulate.
LONGEST_PASS: Final = 24.0

LISTENERS: Final = (1_000, 10_000, 100_000, 1_000_000)
EVENTS: Final = (1, 10, 100, 1_000)
_DOCS: Final = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Plan:
    """A load, with or without coalescing of events during a pass."""

    listeners: int
    events_per_second: float
    coalesced: bool
    posts_per_second: int = POSTS_PER_SECOND

    @property
    def capacity(self) -> float:
        """The maximum posts per second: those of one function, or the whole quota if one function is not enough."""
        return self.posts_per_second if self.is_split else POSTS_PER_FUNCTION

    @property
    def is_split(self) -> bool:
        """Whether posts are sent through the queue: for many listeners, or if one function is not fast enough."""
        alone = self.listeners / POSTS_PER_FUNCTION
        busy = alone * EVENT_BYTES / FRAME_BYTES if self.coalesced else alone + OVERHEAD
        return self.listeners > LISTENERS_AT_ONCE or self.events_per_second * busy > 1

    @property
    def overhead(self) -> float:
        return OVERHEAD + (HOP if self.is_split else 0)

    def frames(self, seconds: float) -> int:
        """Return the number of frames that one pass sends to each listener."""
        if not self.coalesced:
            return 1
        return max(1, ceil(self.events_per_second * seconds * EVENT_BYTES / FRAME_BYTES))

    @property
    def pass_seconds(self) -> float:
        """The time for notifying all listeners; infinite if posts would accumulate."""
        least = self.listeners / self.capacity
        if not self.coalesced:
            return self.overhead + least if self.events_per_second * least <= 1 else inf
        if self.events_per_second * EVENT_BYTES / FRAME_BYTES * least >= 1:
            return inf
        seconds = self.overhead + least
        while (longer := self.overhead + least * self.frames(seconds)) > seconds:
            seconds = longer
        return seconds if seconds <= LONGEST_PASS else inf

    @property
    def last_heard(self) -> float:
        """The 95th percentile of the seconds from the write of a job until the last listener receives the event.

        An event that arrives during a pass waits until the pass ends, which takes a uniformly distributed time.
        """
        waits = self.coalesced and self.events_per_second * self.pass_seconds > 1
        return self.pass_seconds * (1.95 if waits else 1)

    @property
    def posts(self) -> float:
        """The actual number of posts per second."""
        if not self.coalesced:
            return self.listeners * self.events_per_second
        passes = min(self.events_per_second, 1 / self.pass_seconds)
        return self.listeners * passes * self.frames(self.pass_seconds)

    @property
    def dollars_per_hour(self) -> float:
        passes = self.posts / self.listeners
        reads = passes * self.listeners * ROW_BYTES / 4096
        second = (
            self.posts * DOLLARS_PER_POST
            + self.listeners / 60 * DOLLARS_PER_CONNECTION_MINUTE
            + self.posts / POSTS_PER_FUNCTION * FUNCTION_GB * DOLLARS_PER_GB_SECOND
            + reads * DOLLARS_PER_READ
            + self.listeners * self.events_per_second * EVENT_BYTES / 1e9 * DOLLARS_PER_GB_OUT
        )
        return 3600 * second

    def shares(self) -> Iterator[tuple[str, float]]:
        """Return the share of each quota that the load uses; above 1, the quota is exceeded."""
        rate, piles_up = self.events_per_second, self.pass_seconds == inf
        least = self.listeners * rate * (EVENT_BYTES / FRAME_BYTES if self.coalesced else 1)
        requests = least if piles_up else self.posts
        yield "@connections requests", requests / self.posts_per_second
        passes = rate if not self.coalesced else min(rate, 1 / self.pass_seconds)
        yield (
            "reads of a DynamoDB partition",
            self.listeners * ROW_BYTES / 4096 * passes / PARTITION_READS_PER_SECOND,
        )
        yield "Lambda concurrency", min(requests, self.posts_per_second) / POSTS_PER_FUNCTION / CONCURRENCY
        # All listeners reconnect within two hours, the maximum duration of a connection.
        yield "new WebSockets a second", self.listeners / 7200 / CONNECTIONS_PER_SECOND

    @property
    def first_quota(self) -> str:
        name, share = max(self.shares(), key=lambda each: each[1])
        return f"{name}: {share:.1%}" if share <= 1 else f"**{name}: {share:.1f} times**"


def table(posts_per_second: int = POSTS_PER_SECOND) -> Sequence[str]:
    lines = [
        "| listeners | events/s | p95, one post per event | p95, coalesced | posts/s | cost/hour | most used quota |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for listeners in LISTENERS:
        for rate in EVENTS:
            single = Plan(listeners, rate, coalesced=False, posts_per_second=posts_per_second)
            plan = Plan(listeners, rate, coalesced=True, posts_per_second=posts_per_second)
            can = plan.pass_seconds < inf
            cells = [
                f"{listeners:,}",
                f"{rate:,}",
                _seconds(single.last_heard),
                _seconds(plan.last_heard),
                f"{plan.posts:,.0f}" if can else "",
                f"${plan.dollars_per_hour:,.2f}" if can else "",
                plan.first_quota,
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def figures() -> str:
    """Both tables of the page."""
    default, raised = "\n".join(table()), "\n".join(table(RAISED_POSTS_PER_SECOND))
    return f"{default}\n\nWith that quota raised to {RAISED_POSTS_PER_SECOND:,} requests a second:\n\n{raised}\n"


def _seconds(value: float) -> str:
    return "never" if value == inf else f"{value:.1f} s"


def chart() -> str:
    """Draw seconds and dollars with AWS's default quotas; a line ends where posts would accumulate."""
    many = [round(10 ** (3 + step / 20)) for step in range(61)]
    x = Axis.log("listeners", many)
    panels = []
    for title, value in (
        ("seconds to the last listener (p95)", lambda plan: plan.last_heard),
        ("US dollars an hour", lambda plan: plan.dollars_per_hour),
    ):
        lines = list(_lines(many, value))
        y = Axis.log("", [y for line in lines for _, y in line.points])
        panels.append(Panel(title, x, y, lines))
    return svg(panels)


def _lines(many: Sequence[int], value: Callable[[Plan], float]) -> Iterator[Series]:
    for colour, rate in enumerate(EVENTS):
        for coalesced, mark in ((True, Mark.SOLID), (False, Mark.DOTTED)):
            plans = [Plan(listeners, rate, coalesced=coalesced) for listeners in many]
            points = [(plan.listeners, value(plan)) for plan in plans if plan.pass_seconds < inf]
            if points:
                label = f"{rate:,} a second, {'coalesced' if coalesced else 'a post each'}"
                yield Series(label, points, mark, colour)


def main() -> None:
    (_DOCS / "scaling.svg").write_text(chart())
    page = _DOCS / "scaling.md"
    before, marker, rest = page.read_text().partition("<!-- figures -->\n")
    _, end, after = rest.partition("<!-- end of figures -->\n")
    page.write_text(before + marker + figures() + end + after)


if __name__ == "__main__":
    main()
