"""The tables, buckets and queues of the template in moto, made from the template itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from facelib.stores import clients
from moto import mock_aws

from infra.template import load

_TABLE_KEYS = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")


@dataclass(frozen=True)
class Cloud:
    """The names of what stands in moto's account."""

    jobs_table: str = "jobs"
    connections_table: str = "connections"
    keys_table: str = "keys"
    access_table: str = "access"
    originals_bucket: str = "originals"
    results_bucket: str = "results"


@cache
def table_of(logical_id: str) -> dict[str, Any]:
    """Return the template's properties of a table as `create_table` takes them."""
    properties = load()["Resources"][logical_id]["Properties"]
    table = {key: properties[key] for key in _TABLE_KEYS if key in properties}
    if "StreamSpecification" in table:
        table["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
    return table


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Mock an empty account with the template's tables and buckets."""
    with mock_aws():
        for client in (clients.dynamodb, clients.s3, clients.sqs, clients.lambda_):
            client.cache_clear()
        names = Cloud()
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(TableName=names.jobs_table, **table_of("JobsTable"))
        dynamodb.create_table(TableName=names.connections_table, **table_of("ConnectionsTable"))
        dynamodb.create_table(TableName=names.keys_table, **table_of("KeysTable"))
        dynamodb.create_table(TableName=names.access_table, **table_of("AccessTable"))
        for bucket in (names.originals_bucket, names.results_bucket):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield names
