"""Requests to AWS for one image, by its way in: counted by tests/e2e/test_requests.py.

One image, one result, nobody listening. Messages between AWS's own services are not among them: S3 to SQS, and SQS and
the stream to functions.
"""

from collections.abc import Mapping
from typing import Final

Requests = Mapping[str, int]

_DETECTION: Final = {
    "Detector invocation": 1,
    "Broadcaster invocation": 1,
    "Notifier invocation": 1,
    "s3 GetObject": 1,
    "dynamodb UpdateItem": 2,  # claimed, completed
    "dynamodb Query": 2,  # an owner's listeners, and those of the job
    "events PutEvents": 1,
}
WAYS: Final[Mapping[str, Requests]] = {
    "`POST /image`": {**_DETECTION, "Api invocation": 1, "s3 PutObject": 2, "dynamodb PutItem": 1},
    "presigned upload": {
        **_DETECTION,
        "Api invocation": 1,
        "s3 PostObject": 1,
        "s3 PutObject": 1,
        "dynamodb PutItem": 1,
    },
    "drop folder": {
        **_DETECTION,
        "Intake invocation": 1,
        "s3 PutObject": 4,  # the sender's, the original, which is a copy of it, the result, faces.json
        "s3 HeadObject": 1,
        "s3 DeleteObject": 1,
        "dynamodb TransactWriteItems": 1,
    },
}


def table() -> str:
    """Return a Markdown table of requests by way in."""
    names = sorted({name for way in WAYS.values() for name in way}, key=lambda name: (name[0].islower(), name))
    rows = [f"| an image takes | {' | '.join(WAYS)} |", f"|---|{'---:|' * len(WAYS)}"]
    rows += [f"| {name} | {' | '.join(str(way.get(name, 0)) for way in WAYS.values())} |" for name in names]
    return "\n".join(rows)
