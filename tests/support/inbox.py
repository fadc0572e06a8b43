"""Puts objects into the inbox, and returns S3's events for them."""

import itertools
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote_plus

from facelib.domain.job import Job
from facelib.stores import clients
from facelib.stores.jobs.items import from_item

from tests.support.account import Cloud

KEY: Final = "inbox/alice/2026/party ü+1.jpg"
_SEQUENCE: Final = itertools.count(1)


def put(bucket: str, key: str, metadata: Mapping[str, str] = MappingProxyType({}), data: bytes = b"photo") -> Any:
    """Put an object, and return its event as S3 sends it to the queue."""
    response = clients.s3().put_object(Bucket=bucket, Key=key, Body=data, Metadata=dict(metadata))
    return event_of(key, response["ETag"].strip('"'), len(data))


def event_of(key: str, etag: str, size: int) -> dict[str, Any]:
    described = {
        "key": quote_plus(key, safe="/"),
        "size": size,
        "eTag": etag,
        "sequencer": f"{next(_SEQUENCE):018X}",
    }
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": described}}
    return {"Records": [record]}


def queue_event(*bodies: object) -> dict[str, Any]:
    records = [
        {"messageId": str(number), "eventSource": "aws:sqs", "receiptHandle": "r", "body": json.dumps(body)}
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def jobs(account: Cloud) -> list[Job]:
    items = clients.dynamodb().scan(TableName=account.jobs_table)["Items"]
    return [from_item(item) for item in items if "status" in item]


def objects(account: Cloud) -> dict[str, bytes]:
    s3 = clients.s3()
    contents = s3.list_objects_v2(Bucket=account.originals_bucket).get("Contents", [])
    return {
        one["Key"]: s3.get_object(Bucket=account.originals_bucket, Key=one["Key"])["Body"].read() for one in contents
    }
