"""Creates the template's tables, buckets and queues in moto, from the template itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from facelib.stores import clients
from moto import mock_aws

from infra.template import load

_TABLE_KEYS = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")


@dataclass(frozen=True)
class Cloud:
    """The names of the resources in moto's account."""

    jobs_table: str = "jobs"
    connections_table: str = "connections"
    keys_table: str = "keys"
    access_table: str = "access"
    originals_bucket: str = "originals"
    results_bucket: str = "results"


@cache
def table_of(logical_id: str) -> dict[str, Any]:
    """Return the template's properties of a table as arguments of `create_table`."""
    properties = load()["Resources"][logical_id]["Properties"]
    table = {key: properties[key] for key in _TABLE_KEYS if key in properties}
    if "StreamSpecification" in table:
        table["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
    return table


@contextmanager
def empty_account() -> Iterator[None]:
    """Mock an empty account.

    The clients of `facelib.stores` are kept between accounts: creating one takes longer than most tests.
    """
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        yield


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Mock an account with the template's tables and buckets, all empty."""
    with empty_account():
        names = Cloud()
        dynamodb = clients.dynamodb()
        dynamodb.create_table(TableName=names.jobs_table, **table_of("JobsTable"))
        dynamodb.create_table(TableName=names.connections_table, **table_of("ConnectionsTable"))
        dynamodb.create_table(TableName=names.keys_table, **table_of("KeysTable"))
        dynamodb.create_table(TableName=names.access_table, **table_of("AccessTable"))
        for bucket in (names.originals_bucket, names.results_bucket):
            clients.s3().create_bucket(Bucket=bucket)
        yield names
