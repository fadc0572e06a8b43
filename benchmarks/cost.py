"""What a million images cost on AWS: `python -m benchmarks.cost` prints the table of docs/costs.md.

Each price refers to its source, each quantity to the test or benchmark that counts it. Free tiers and volume discounts
are left out.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.template import resources

AS_OF: Final = "2026-11-29, us-east-1, without free tiers"
MILLION: Final = 1_000_000
OUT: Final = "Data transfer to the internet"

# Requests to AWS for one image, by upload method, if one result is drawn, no listener is connected and the event bus
# is on. Counted on the local stack by tests/e2e/test_requests.py, without messages between AWS's own services.
Requests = Mapping[str, int]
_DETECTION: Final = {
    "Detector invocation": 1,
    "Broadcaster invocation": 1,
    "Notifier invocation": 1,
    "s3 GetObject": 1,
    "dynamodb UpdateItem": 2,  # claimed, completed
    "dynamodb Query": 2,  # The owner's listeners, and those of the job.
    "events PutEvents": 1,
}
_POST: Final = {**_DETECTION, "Api invocation": 1, "dynamodb PutItem": 1}
REQUESTS: Final[Mapping[str, Requests]] = {
    "`POST /image`": {**_POST, "s3 PutObject": 2, "dynamodb UpdateItem": 3},  # kept, claimed, completed
    "presigned upload": {**_POST, "s3 PostObject": 1, "s3 PutObject": 1},
    "drop folder": {
        **_DETECTION,
        "Intake invocation": 1,
        "s3 PutObject": 4,  # the dropped file, its copy as the original, the result, faces.json
        "s3 HeadObject": 1,
        "s3 DeleteObject": 1,
        "dynamodb TransactWriteItems": 1,
    },
}


@dataclass(frozen=True)
class Price:
    """A price in dollars for one unit, and its source."""

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
S3_PUT: Final = Price(0.005 / 1e3, _S3)
S3_GET: Final = Price(0.0004 / 1e3, _S3)
S3_GB_MONTH: Final = Price(0.023, _S3)
SQS_REQUEST: Final = Price(0.40 / 1e6, "https://aws.amazon.com/sqs/pricing/")
WRITE_UNIT: Final = Price(0.625 / 1e6, _DYNAMODB)
READ_UNIT: Final = Price(0.125 / 1e6, _DYNAMODB)
LOG_GB: Final = Price(0.50, _CLOUDWATCH)
METRIC_MONTH: Final = Price(0.30, _CLOUDWATCH)
ALARM_MONTH: Final = Price(0.10, _CLOUDWATCH)
DASHBOARD_MONTH: Final = Price(3.00, _CLOUDWATCH)
OUT_GB: Final = Price(0.09, "https://aws.amazon.com/ec2/pricing/on-demand/")
# DetectFaces, first million images of a month.
REKOGNITION_IMAGE: Final = Price(0.0010, "https://aws.amazon.com/rekognition/pricing/")


@dataclass(frozen=True)
class Use:
    """The usage for one image: `POST /image`, a detection, an event to listeners, a download; bus and X-Ray are off."""

    api_ms: float = 40
    api_mb: int = 1024
    # In milliseconds: 50 of processor time for large faces, and four waits of 20 each for AWS, two of which overlap.
    detector_ms: float = 130
    detector_mb: int = 1769
    broadcaster_ms: float = 40
    broadcaster_mb: int = 1024
    image_bytes: int = 300_000
    log_bytes: int = 3_300
    listeners: int = 1
    kept_days: int = 1
    writes: int = 6
    # Both Queries are consistent and return few items; the job is read for the URL of its result.
    reads: int = 3


@dataclass(frozen=True)
class Line:
    """One service's share of an image: the usage, its cost in dollars, and the sources of quantity and price."""

    service: str
    used: str
    dollars: float
    counted: str
    priced: str


def lines(use: Use) -> tuple[Line, ...]:
    """Return the cost of one image by service."""
    requests = REQUESTS["`POST /image`"]
    calls = requests["Api invocation"] + 1
    puts, gets = requests["s3 PutObject"], requests["s3 GetObject"] + 1
    stored = 2 * use.image_bytes / 1e9 * use.kept_days / 30 * S3_GB_MONTH.dollars
    objects = puts * S3_PUT.dollars + gets * S3_GET.dollars + stored
    items = use.writes * WRITE_UNIT.dollars + use.reads * READ_UNIT.dollars
    logs, out = use.log_bytes / 1e9 * LOG_GB.dollars, use.image_bytes / 1e9 * OUT_GB.dollars
    counted = "test_requests, and the fetch"
    return (
        _functions(use, calls),
        Line("API Gateway, HTTP", f"{calls} calls", calls * HTTP_CALL.dollars, counted, _GATEWAY),
        Line("API Gateway, WebSocket", "1 message", use.listeners * SOCKET_MESSAGE.dollars, "one listener", _GATEWAY),
        Line("S3", f"{puts} PUT, {gets} GET, {use.kept_days} day", objects, counted, _S3),
        Line("SQS", "3 requests", 3 * SQS_REQUEST.dollars, "sent, received, deleted", SQS_REQUEST.source),
        Line("DynamoDB", f"{use.writes} writes, {use.reads} reads", items, "test_capacity, test_requests", _DYNAMODB),
        Line("CloudWatch Logs", f"{use.log_bytes / 1e3:.1f} KB", logs, "counted on the local stack", _CLOUDWATCH),
        Line(OUT, f"{use.image_bytes / 1e3:.0f} KB", out, "the result", OUT_GB.source),
    )


def _functions(use: Use, calls: int) -> Line:
    invocations = calls + sum(REQUESTS["`POST /image`"][f"{name} invocation"] for name in ("Detector", "Broadcaster"))
    gb_seconds = (
        calls * use.api_ms * use.api_mb + use.detector_ms * use.detector_mb + use.broadcaster_ms * use.broadcaster_mb
    ) / 1_024_000
    dollars = invocations * INVOCATION.dollars + gb_seconds * ARM_GB_SECOND.dollars
    used = f"{invocations} calls, {gb_seconds:.2f} GB-s"
    return Line("Lambda, arm64", used, dollars, "calls: test_requests; time: `make bench`, below", _LAMBDA)


def before_data_transfer(use: Use) -> float:
    """Return the cost of one image in dollars, without downloads: who downloads results, and how often, is unknown."""
    return sum(line.dollars for line in lines(use) if line.service != OUT)


def table(use: Use, images: int = MILLION) -> str:
    shown: Sequence[Line] = lines(use)
    rows = [f"| {AS_OF} | an image takes | {images:,} images | counted by | price |", "|---|---|---:|---|---|"]
    for line in shown:
        if line.service == OUT:
            rows.append(f"| **before data transfer** | | **${before_data_transfer(use) * images:,.2f}** | | |")
        source = f"[page]({line.priced})"
        rows.append(f"| {line.service} | {line.used} | ${line.dollars * images:,.2f} | {line.counted} | {source} |")
    rekognition = f"${REKOGNITION_IMAGE.dollars * images:,.2f} | | [page]({REKOGNITION_IMAGE.source})"
    rows.append(f"| Amazon Rekognition, DetectFaces alone | 1 call | {rekognition} |")
    return "\n".join(rows)


def requests_table() -> str:
    """Return a Markdown table of requests by upload method."""
    names = sorted(
        {name for method in REQUESTS.values() for name in method}, key=lambda name: (name[0].islower(), name)
    )
    rows = [f"| an image takes | {' | '.join(REQUESTS)} |", f"|---|{'---:|' * len(REQUESTS)}"]
    rows += [f"| {name} | {' | '.join(str(method.get(name, 0)) for method in REQUESTS.values())} |" for name in names]
    return "\n".join(rows)


# Metrics: cold starts of five functions, two counts and five stages of the detector, five counts of the broadcaster.
_METRICS: Final = 17
# For each queue, Lambda runs five long polls of 20 seconds.
_POLLS_A_MONTH: Final = 5 * 3 * 60 * 24 * 30


def fixed_a_month() -> str:
    """Return the fixed cost of a stack as one sentence."""
    alarms = sum(1 for _ in resources("AWS::CloudWatch::Alarm"))
    queues = sum(
        event["Type"] == "SQS"
        for function in resources("AWS::Serverless::Function")
        for event in function.properties.get("Events", {}).values()
    )
    polls = queues * _POLLS_A_MONTH * SQS_REQUEST.dollars
    watched = alarms * ALARM_MONTH.dollars
    idle = watched + DASHBOARD_MONTH.dollars + polls
    return (
        f"An idle stack costs ${idle:.2f} a month: {alarms} alarms (${watched:.2f}), the dashboard "
        f"(${DASHBOARD_MONTH.dollars:.2f}) and Lambda's polling of {queues} empty queues "
        f"(${polls:.2f}). Custom metrics cost up to ${_METRICS * METRIC_MONTH.dollars:.2f} more; they are "
        f"billed only for the hours in which images arrive."
    )


def main() -> int:
    print(f"{table(Use())}\n\n{fixed_a_month()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
