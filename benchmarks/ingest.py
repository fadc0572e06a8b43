"""How many images a second come in before a quota is hit: `python -m benchmarks.ingest` writes docs/scaling.md's part.

AWS's default quotas, each with its source and the day it was read; what an image takes of them is benchmarks.requests
and the milliseconds of benchmarks.cost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

from benchmarks.cost import OUT, Use, lines

RATES: Final = (10, 100, 1_000, 10_000)
PAGE: Final = Path(__file__).parents[1] / "docs" / "scaling.md"
_BEGIN, _END = "<!-- ingest -->\n", "<!-- end of ingest -->\n"


@dataclass(frozen=True)
class Quota:
    """So many a second, or at a time, by default."""

    name: str
    amount: float
    remedy: str
    source: str


_OURS: Final = "template.yaml, ours"
_AWS: Final = "https://docs.aws.amazon.com"
STAGE: Final = Quota("requests of the HTTP stage", 100, "`ThrottlingRateLimit` in template.yaml", _OURS)
GATEWAY: Final = Quota(
    "requests of API Gateway",
    10_000,
    "Service Quotas",
    f"{_AWS}/apigateway/latest/developerguide/limits.html, 2026-11-22",
)
DETECTORS: Final = Quota("detectors at a time", 10, "`DetectorConcurrency`, up to 1,000", _OURS)
INTAKES: Final = Quota("intakes at a time", 10, "`IntakeConcurrency`, up to 1,000", _OURS)
MAPPING: Final = Quota(
    "batches of the detect queue at a time",
    1_000,
    "not adjustable: another stack",
    f"{_AWS}/lambda/latest/dg/services-sqs-scaling.html, 2026-11-24",
)
LAMBDA: Final = Quota(
    "concurrent executions",
    1_000,
    "Service Quotas; a new account has 10",
    f"{_AWS}/lambda/latest/dg/gettingstarted-limits.html, 2026-11-22",
)
S3_WRITES: Final = Quota(
    "writes below a prefix of S3",
    3_500,
    "S3 splits a prefix that stays busy; until then 503, which is tried again",
    f"{_AWS}/AmazonS3/latest/userguide/optimizing-performance.html, not looked up again",
)
TABLE: Final = Quota(
    "write units of a new table",
    4_000,
    "warm throughput before the load comes; above 40,000 Service Quotas",
    f"{_AWS}/amazondynamodb/latest/developerguide/warm-throughput.html, 2026-11-24",
)
INDEX: Final = Quota("jobs of one owner", 7_200, "`IndexShards`, or more owners", "`python -m benchmarks.index_shards`")
BUS: Final = Quota(
    "PutEvents requests",
    10_000,
    "Service Quotas; Regions other than us-east-1 have less",
    f"{_AWS}/eventbridge/latest/userguide/eb-quota.html, as quoted elsewhere on 2026-11-24",
)

_USE: Final = Use()
_DROP: Final = "drop folder"
# Write units of the table alone: created (4 in a transaction with an idempotency record), claimed, completed.
TABLE_UNITS: Final = {"presigned upload": 3, _DROP: 6}
# A batch of the stream holds what came meanwhile, so above some rate a request carries ten events.
_EVENTS_A_REQUEST: Final = 10
_BATCHES_ARE_FULL_ABOVE: Final = 100
# Seconds, assumed: S3's event to the queue and a warm function, and the poll of the stream.
_S3_TO_FUNCTION: Final = 0.5
_STREAM_TO_FUNCTION: Final = 0.25


def shares(way: str, rate: float) -> Iterator[tuple[Quota, float]]:
    """Yield how much of each quota a rate takes, as the stack is deployed; above 1 it is exceeded."""
    detectors = rate * _USE.detector_ms / 1_000
    if way == _DROP:
        # A function takes ten files one after the other.
        others = rate * _USE.intake_ms / 1_000
        yield INTAKES, others / INTAKES.amount
    else:
        others = rate * _USE.api_ms / 1_000
        yield STAGE, rate / STAGE.amount
        yield GATEWAY, rate / GATEWAY.amount
    yield DETECTORS, detectors / DETECTORS.amount
    yield MAPPING, detectors / MAPPING.amount
    yield LAMBDA, (detectors + others) / LAMBDA.amount
    # The busiest prefix: results/, which holds faces.json of dropped photos, too.
    yield S3_WRITES, rate * (2 if way == _DROP else 1) / S3_WRITES.amount
    yield TABLE, rate * TABLE_UNITS[way] / TABLE.amount
    yield INDEX, rate / INDEX.amount
    requests = rate if rate <= _BATCHES_ARE_FULL_ABOVE else ceil(rate / _EVENTS_A_REQUEST)
    yield BUS, requests / BUS.amount


def highest_rate(way: str, quota: Quota) -> float | None:
    """Return the rate in images a second that just fits into a quota, or None if this way does not use it."""
    at = 10_000
    share = next((share for each, share in shares(way, at) if each == quota), None)
    return at / share if share else None


def seconds_to_event(way: str) -> float:
    """Return the seconds from the end of the put to the event on the bus, while no quota is exceeded."""
    intake = _S3_TO_FUNCTION + _USE.intake_ms / 1_000 if way == _DROP else 0.0
    detection = _S3_TO_FUNCTION + _USE.detector_ms / 1_000
    return intake + detection + _STREAM_TO_FUNCTION + _USE.notifier_ms / 1_000


def table() -> str:
    """Return what is exceeded at each rate, by how many times, with the price before data to the internet."""
    rows = ["| way in | images/s | exceeded, by how many times | an hour | a million |", "|---|---:|---|---:|---:|"]
    for way in TABLE_UNITS:
        dollars = sum(line.dollars for line in lines(_USE, way) if line.service != OUT)
        for rate in RATES:
            hit = sorted(((share, quota.name) for quota, share in shares(way, rate) if share > 1), reverse=True)
            exceeded = ", ".join(f"{name} {share:,.1f}" for share, name in hit) or "nothing"
            rows.append(f"| {way} | {rate:,} | {exceeded} | ${rate * 3_600 * dollars:,.2f} | ${dollars * 1e6:,.2f} |")
    return "\n".join(rows)


def quotas_table() -> str:
    """Return each quota, the rate that it allows, what to raise, and where it stands."""
    quotas = dict.fromkeys(quota for way in TABLE_UNITS for quota, _ in shares(way, 1))
    rows = [f"| quota | default | {' | '.join(TABLE_UNITS)} | what to raise | source |", "|---|---:|---:|---:|---|---|"]
    for quota in quotas:
        rates = [highest_rate(way, quota) for way in TABLE_UNITS]
        cells = [f"{rate:,.0f}/s" if rate else "" for rate in rates]
        rows.append(f"| {quota.name} | {quota.amount:,.0f} | {' | '.join(cells)} | {quota.remedy} | {quota.source} |")
    return "\n".join(rows)


def figures() -> str:
    times = ", ".join(f"{way} {seconds_to_event(way):.1f} s" for way in TABLE_UNITS)
    return f"{table()}\n\nFrom the end of the put to the event on the bus: {times}.\n\n{quotas_table()}\n"


def chart(path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - only the chart needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "facecast"  # the same picture for the same numbers
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained", sharex=True)
    for axis, way in zip(axes, TABLE_UNITS, strict=True):
        rates = [(quota.name, rate) for quota, _ in shares(way, 1) if (rate := highest_rate(way, quota))]
        rates.sort(key=lambda each: each[1], reverse=True)
        bars = axis.barh([name for name, _ in rates], [rate for _, rate in rates], color="C0")
        axis.bar_label(bars, [f"{rate:,.0f}" for _, rate in rates], padding=3, fontsize=8)
        axis.set(xscale="log", xlim=(10, 1_000_000), title=way, xlabel="images a second that fit")
        axis.tick_params(axis="y", labelsize=8)
    figure.suptitle("What is hit first, by default", fontsize=10)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    chart(PAGE.with_name("ingest.svg"))
    before, begin, rest = PAGE.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    PAGE.write_text(before + begin + figures() + end + after)


if __name__ == "__main__":
    main()
