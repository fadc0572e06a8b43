"""What a million images cost on AWS, beside Amazon Rekognition: `python -m benchmarks.cost` prints Markdown tables.

Prices are inputs, with the page that states them; so are the milliseconds, which docs/operations.md explains. Free
tiers and volume discounts are left out, and so is what an idle service costs.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.requests import WAYS

AS_OF: Final = "2026-11-22, us-east-1, without free tiers"


OUT: Final = "Data to the internet"


@dataclass(frozen=True)
class Price:
    """Dollars for one unit."""

    dollars: float
    source: str


_LAMBDA: Final = "https://aws.amazon.com/lambda/pricing/"
_S3: Final = "https://aws.amazon.com/s3/pricing/"
_GATEWAY: Final = "https://aws.amazon.com/api-gateway/pricing/"
_DYNAMODB: Final = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_CLOUDWATCH: Final = "https://aws.amazon.com/cloudwatch/pricing/"

ARM_GB_SECOND: Final = Price(0.0000133334, _LAMBDA)
INVOCATION: Final = Price(0.20 / 1e6, _LAMBDA)
HTTP_CALL: Final = Price(1.00 / 1e6, _GATEWAY)
SOCKET_MESSAGE: Final = Price(1.00 / 1e6, _GATEWAY)
SOCKET_MINUTE: Final = Price(0.25 / 1e6, _GATEWAY)
S3_PUT: Final = Price(0.005 / 1e3, _S3)
S3_GET: Final = Price(0.0004 / 1e3, _S3)
S3_GB_MONTH: Final = Price(0.023, _S3)
SQS_REQUEST: Final = Price(0.40 / 1e6, "https://aws.amazon.com/sqs/pricing/")
WRITE_UNIT: Final = Price(0.625 / 1e6, _DYNAMODB)
READ_UNIT: Final = Price(0.125 / 1e6, _DYNAMODB)
LOG_GB: Final = Price(0.50, _CLOUDWATCH)
OUT_GB: Final = Price(0.09, "https://aws.amazon.com/ec2/pricing/on-demand/")
# Custom events, by 64 KB.
BUS_EVENT: Final = Price(1.00 / 1e6, "https://aws.amazon.com/eventbridge/pricing/")
# DetectFaces, first million images of a month.
REKOGNITION_IMAGE: Final = Price(0.0010, "https://aws.amazon.com/rekognition/pricing/")


@dataclass(frozen=True)
class Use:
    """One image: one request, one detection, its event delivered to some listeners, its result fetched once."""

    api_ms: float = 40
    api_mb: int = 1024
    detector_ms: float = 300
    detector_mb: int = 1769
    broadcaster_ms: float = 40
    broadcaster_mb: int = 1024
    notifier_ms: float = 20
    notifier_mb: int = 256
    intake_ms: float = 110
    intake_mb: int = 256
    original_bytes: int = 300_000
    result_bytes: int = 300_000
    preview_bytes: int = 55_000
    # Drawn with a job's results; alone, it is read, decoded, stored and recorded as well, which the API waits for.
    preview_ms: float = 27
    preview_alone_ms: float = 130
    # Counted on the local stack (docs/operations.md): a line and a record of metrics of each function, two of access.
    log_bytes: int = 4_000
    listeners: int = 1
    kept_days: int = 1
    # Assumed, like the notifier's: one read of the table.
    authorizer_ms: float = 20
    authorizer_mb: int = 512
    authorizer_log_bytes: int = 800
    websocket_ms: float = 40
    websocket_mb: int = 512


@dataclass(frozen=True)
class Line:
    """One service's share of an image: what of it is used, and what that costs in dollars."""

    service: str
    used: str
    dollars: float


# Write units of a job (tests/unit/facelib/test_capacity.py): created, claimed, completed. A dropped file has an
# idempotency record, which is created with its job in a transaction.
_WRITES: Final = {"`POST /image`": 5, "presigned upload": 5, "drop folder": 8}
# A consistent Query that finds little is one unit; reading the job is another.
_READS_BESIDE_QUERIES: Final = 1


def lines(use: Use, way: str = "`POST /image`") -> tuple[Line, ...]:
    """Return the cost of one image by service, for a way of benchmarks.requests."""
    requests = WAYS[way]
    is_dropped = "Intake invocation" in requests
    # The result is fetched through the API, or by whoever has the bucket.
    calls = requests.get("Api invocation", 0) + (not is_dropped)
    puts = requests["s3 PutObject"] + requests.get("s3 PostObject", 0)
    gets = requests["s3 GetObject"] + requests.get("s3 HeadObject", 0) + 1
    others = [name for name in requests if name.endswith("invocation") and name != "Api invocation"]
    invocations = calls + len(others)
    gb_seconds = _gb_seconds(use, calls, is_dropped=is_dropped)
    stored_gb_months = (use.original_bytes + use.result_bytes) / 1e9 * use.kept_days / 30
    # S3 sends, the function receives and deletes.
    messages = 3 * (1 + is_dropped)
    reads = requests["dynamodb Query"] + _READS_BESIDE_QUERIES
    priced = (
        Line(
            "Lambda, arm64",
            f"{invocations} calls, {gb_seconds:.2f} GB-s",
            invocations * INVOCATION.dollars + gb_seconds * ARM_GB_SECOND.dollars,
        ),
        Line("API Gateway, HTTP", f"{calls} calls", calls * HTTP_CALL.dollars),
        Line("API Gateway, WebSocket", f"{use.listeners} message(s)", use.listeners * SOCKET_MESSAGE.dollars),
        Line(
            "S3",
            f"{puts} PUT, {gets} GET, 1 day",
            puts * S3_PUT.dollars + gets * S3_GET.dollars + stored_gb_months * S3_GB_MONTH.dollars,
        ),
        Line("SQS", f"{messages} requests", messages * SQS_REQUEST.dollars),
        Line(
            "DynamoDB",
            f"{_WRITES[way]} writes, {reads} reads",
            _WRITES[way] * WRITE_UNIT.dollars + reads * READ_UNIT.dollars,
        ),
        Line("EventBridge", "1 event", BUS_EVENT.dollars),
        Line("CloudWatch Logs", f"{use.log_bytes / 1e3:.0f} KB", use.log_bytes / 1e9 * LOG_GB.dollars),
        Line(OUT, f"{use.result_bytes / 1e3:.0f} KB", use.result_bytes / 1e9 * OUT_GB.dollars),
    )
    return tuple(line for line in priced if line.dollars)


def _gb_seconds(use: Use, calls: int, *, is_dropped: bool) -> float:
    return (
        calls * use.api_ms * use.api_mb
        + use.detector_ms * use.detector_mb
        + use.broadcaster_ms * use.broadcaster_mb
        + use.notifier_ms * use.notifier_mb
        + is_dropped * use.intake_ms * use.intake_mb
    ) / 1_024_000


def keys_table(use: Use, million: int = 1_000_000) -> str:
    """Return what `Access=keys` adds: to an image, to a minute of a key, and to a listener's handshake."""

    def runs(milliseconds: float, megabytes: int, log_bytes: int) -> float:
        gb_seconds = milliseconds * megabytes / 1_024_000
        return INVOCATION.dollars + gb_seconds * ARM_GB_SECOND.dollars + log_bytes / 1e9 * LOG_GB.dollars

    authorizer = runs(use.authorizer_ms, use.authorizer_mb, use.authorizer_log_bytes) + READ_UNIT.dollars
    ticket = HTTP_CALL.dollars + runs(use.api_ms, use.api_mb, use.authorizer_log_bytes) + WRITE_UNIT.dollars
    # The ticket is redeemed; a connection is two rows, written and removed.
    handshake = ticket + authorizer + 5 * WRITE_UNIT.dollars
    handshake += 2 * runs(use.websocket_ms, use.websocket_mb, use.authorizer_log_bytes)
    rows = (
        ("an image", "1 write: the counter of the day", WRITE_UNIT.dollars),
        (
            "a minute in which a key is used",
            "1 authorizer, 1 read; API Gateway remembers it for the minute",
            authorizer,
        ),
        (
            "a handshake of a listener, every two hours",
            "a ticket, its authorizer, two rows written and removed",
            handshake,
        ),
    )
    lines = [f"| with `Access=keys` | takes besides | {million:,} of them |", "|---|---|---:|"]
    return "\n".join([*lines, *(f"| {what} | {takes} | ${dollars * million:,.2f} |" for what, takes, dollars in rows)])


def ways_table(use: Use, images: int = 1_000_000) -> str:
    """Compare the ways in, before data to the internet, which depends on who fetches results."""
    rows = ["| before data to the internet | S3 | Lambda | everything |", "|---|---:|---:|---:|"]
    for way in WAYS:
        by_service = {line.service: line.dollars * images for line in lines(use, way) if line.service != OUT}
        total = sum(by_service.values())
        rows.append(f"| {way} | ${by_service['S3']:,.2f} | ${by_service['Lambda, arm64']:,.2f} | ${total:,.2f} |")
    return "\n".join(rows)


def table(lines: Sequence[Line], images: int = 1_000_000) -> str:
    total = sum(line.dollars for line in lines)
    rows = [f"| {AS_OF} | an image takes | {images:,} images |", "|---|---|---:|"]
    rows += [f"| {line.service} | {line.used} | ${line.dollars * images:,.2f} |" for line in lines]
    rows.append(f"| **together** | | **${total * images:,.2f}** |")
    rekognition = REKOGNITION_IMAGE.dollars
    rows.append(f"| Amazon Rekognition, DetectFaces alone | 1 call | ${rekognition * images:,.2f} |")
    return "\n".join(rows)


def preview_table(use: Use, images: int = 1_000_000) -> str:
    """Compare the prices of what a card of the page shows: its result, or a preview made in one of two ways."""
    drawn = use.preview_ms * use.detector_mb / 1_024_000 * ARM_GB_SECOND.dollars
    waited = (use.preview_alone_ms * (use.detector_mb + use.api_mb)) / 1_024_000 * ARM_GB_SECOND.dollars
    stored = S3_PUT.dollars
    recorded = S3_GET.dollars + 2 * WRITE_UNIT.dollars + READ_UNIT.dollars
    out = use.preview_bytes * OUT_GB.dollars / 1e9
    rows = (
        ("the result itself", 0.0, use.result_bytes * OUT_GB.dollars / 1e9),
        ("a preview made with the job", stored + drawn, out),
        ("a preview made on first demand", stored + waited + INVOCATION.dollars + recorded, out),
    )
    return "\n".join(
        [
            f"| a card of the page loads | {images:,} made | {images:,} fetched | together |",
            "|---|---:|---:|---:|",
            *(
                f"| {what} | ${made * images:,.2f} | ${seen * images:,.2f} | ${(made + seen) * images:,.2f} |"
                for what, made, seen in rows
            ),
        ]
    )


def main() -> int:
    print(f"{table(lines(Use()))}\n\n{ways_table(Use())}\n\n{keys_table(Use())}\n\n{preview_table(Use())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
