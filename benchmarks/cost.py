"""What a million images cost on AWS, beside Amazon Rekognition: `python -m benchmarks.cost` prints Markdown tables.

Prices are inputs, with the page that states them; so are the milliseconds, which docs/operations.md explains. Free
tiers and volume discounts are left out, and so is what an idle service costs.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

AS_OF: Final = "2026-11-22, us-east-1, without free tiers"


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
    original_bytes: int = 300_000
    result_bytes: int = 300_000
    preview_bytes: int = 55_000
    # Drawn with a job's results; alone, it is read, decoded, stored and recorded as well, which the API waits for.
    preview_ms: float = 27
    preview_alone_ms: float = 130
    log_bytes: int = 5_000
    listeners: int = 1
    kept_days: int = 1


@dataclass(frozen=True)
class Line:
    """One service's share of an image: what of it is used, and what that costs in dollars."""

    service: str
    used: str
    dollars: float


def lines(use: Use) -> tuple[Line, ...]:
    """Return the cost of one image by service."""
    gb_seconds = (
        2 * use.api_ms * use.api_mb + use.detector_ms * use.detector_mb + use.broadcaster_ms * use.broadcaster_mb
    ) / 1_024_000
    stored_gb_months = (use.original_bytes + use.result_bytes) / 1e9 * use.kept_days / 30
    return (
        Line(
            "Lambda, arm64",
            f"4 calls, {gb_seconds:.2f} GB-s",
            4 * INVOCATION.dollars + gb_seconds * ARM_GB_SECOND.dollars,
        ),
        Line("API Gateway, HTTP", "2 calls", 2 * HTTP_CALL.dollars),
        Line("API Gateway, WebSocket", f"{use.listeners} message(s)", use.listeners * SOCKET_MESSAGE.dollars),
        Line(
            "S3",
            "2 PUT, 2 GET, 1 day",
            2 * S3_PUT.dollars + 2 * S3_GET.dollars + stored_gb_months * S3_GB_MONTH.dollars,
        ),
        # S3 sends, the function receives and deletes.
        Line("SQS", "3 requests", 3 * SQS_REQUEST.dollars),
        # Created, claimed and completed (2 KB), in the table and in the indexes; listeners stand in 8 partitions.
        Line("DynamoDB", "8 writes, 4.5 reads", 8 * WRITE_UNIT.dollars + 4.5 * READ_UNIT.dollars),
        Line("CloudWatch Logs", f"{use.log_bytes / 1e3:.0f} KB", use.log_bytes / 1e9 * LOG_GB.dollars),
        Line("Data to the internet", f"{use.result_bytes / 1e3:.0f} KB", use.result_bytes / 1e9 * OUT_GB.dollars),
    )


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
            f"| a card of the page loads | {images:,} made | {images:,} looked at | together |",
            "|---|---:|---:|---:|",
            *(
                f"| {what} | ${made * images:,.2f} | ${seen * images:,.2f} | ${(made + seen) * images:,.2f} |"
                for what, made, seen in rows
            ),
        ]
    )


def main() -> int:
    print(f"{table(lines(Use()))}\n\n{preview_table(Use())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
