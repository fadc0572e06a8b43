"""Creates the template's tables and buckets in moto. The definitions of the tables are read from the template."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from facelib.stores import clients
from moto import mock_aws
from moto.backends import get_backend
from moto.core import models

from infra.template import load

if TYPE_CHECKING:
    from moto.dynamodb.models.table import Table

# boto3's clients do not need moto's patch of `requests`, and applying it takes longer than most tests.
models.RESPONSES_METHODS.clear()
_ACCOUNT: Final = models.DEFAULT_ACCOUNT_ID
_REGION: Final = "us-east-1"
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
    """Return the properties that the template defines for a table, as arguments of `create_table`."""
    properties = load()["Resources"][logical_id]["Properties"]
    table = {key: properties[key] for key in _TABLE_KEYS if key in properties}
    if "StreamSpecification" in table:
        table["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
    return table


@contextmanager
def empty_account() -> Iterator[None]:
    """Mock an empty account.

    All accounts share the session and clients of `facelib.stores`: creating them takes longer than most tests.
    """
    session = clients.session()
    # Load the credentials before moto replaces them, because tests of the local stack may use the session later.
    session.get_credentials()
    with mock_aws(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(boto3, "DEFAULT_SESSION", session)
        patched.delenv("AWS_ENDPOINT_URL", raising=False)
        yield


def create_table(name: str, logical_id: str) -> None:
    """Create an empty table from the template: once per process through the API, and later by copying that table."""
    get_backend("dynamodb")[_ACCOUNT][_REGION].tables[name] = copy.deepcopy(_table(name, logical_id))


@cache
def _table(name: str, logical_id: str) -> "Table":
    clients.dynamodb().create_table(TableName=name, **table_of(logical_id))
    return copy.deepcopy(get_backend("dynamodb")[_ACCOUNT][_REGION].tables[name])


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Mock an account with the template's tables and buckets, all empty."""
    with empty_account():
        names = Cloud()
        create_table(names.jobs_table, "JobsTable")
        create_table(names.connections_table, "ConnectionsTable")
        create_table(names.keys_table, "KeysTable")
        create_table(names.access_table, "AccessTable")
        for bucket in (names.originals_bucket, names.results_bucket):
            get_backend("s3")[_ACCOUNT]["aws"].create_bucket(bucket, _REGION)
        yield names
