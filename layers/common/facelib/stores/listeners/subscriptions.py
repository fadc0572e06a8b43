"""Subscriptions in DynamoDB, which define the events that each connection receives.

An owner's connections that receive all events are in one partition, so that one Query is usually enough to read them.
Their sort keys begin with one of `SHARDS` numbers. If there are many connections, the work is split by this number. A
connection that receives the events of a single job has a row under that job, which is found without reading others. A
connection with a key has another row, which is used to count it, and to close it when the key ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final
from zlib import crc32

from facelib.stores.attributes import Item, number, text, time_text
from facelib.stores.clients import dynamodb

# With 100,000 rows of about 60 bytes, each of 8 shards has 750 KB: one page of a Query.
SHARDS: Final = 8


@dataclass(frozen=True)
class JobSubscription:
    """A connection that receives one job's events, or that has since subscribed to all events (`is_widened`)."""

    connection_id: str
    is_widened: bool


class Subscriptions:
    def __init__(self, table: str) -> None:
        self._table = table

    def of_all(self, owner: str, at_most: int) -> list[str]:
        """Return the ids of up to `at_most` connections that receive all events (strongly consistent)."""
        pages = self._pages(_all(owner), ConsistentRead=True, Limit=at_most)
        return list(islice((_id_for_all(item) for page in pages for item in page["Items"]), at_most))

    def of_shard(self, owner: str, shard: int) -> Iterator[str]:
        """Yield the ids of the connections in a shard that receive all events (strongly consistent)."""
        # Consistent, because a listener must receive every event after its handshake.
        for page in self._pages(_all(owner), prefix=f"{shard}#", ConsistentRead=True):
            yield from map(_id_for_all, page["Items"])

    def of_job(self, owner: str, job_id: str) -> Iterator[JobSubscription]:
        """Yield the connections that receive the events of this job (strongly consistent)."""
        for page in self._pages(f"{owner}#{job_id}", ConsistentRead=True):
            for item in page["Items"]:
                yield JobSubscription(item["connection_id"]["S"], "is_widened" in item)

    def count_of_all(self, owner: str) -> int:
        """Return the number of connections that receive all events (eventually consistent)."""
        return sum(page["Count"] for page in self._pages(_all(owner), Select="COUNT"))

    def count_with_key(self, owner: str) -> int:
        """Return how many of the owner's connections use a key (strongly consistent)."""
        pages = self._pages(_shard_with_key(owner), Select="COUNT", ConsistentRead=True)
        return sum(page["Count"] for page in pages)

    def with_ended_key(self, owner: str, now: datetime) -> Iterator[str]:
        """Yield the connections whose key has expired (strongly consistent)."""
        for page in self._pages(_shard_with_key(owner), ConsistentRead=True):
            for item in page["Items"]:
                if "ends_at" in item and item["ends_at"]["S"] <= time_text(now):
                    yield item["connection_id"]["S"]

    def with_key(self, owner: str, key_id: str) -> Iterator[str]:
        """Yield the connections that use this key (strongly consistent)."""
        for page in self._pages(_shard_with_key(owner), ConsistentRead=True):
            yield from (item["connection_id"]["S"] for item in page["Items"] if item["key_id"] == text(key_id))

    def add_with_key(self, owner: str, connection_id: str, key_id: str, ends_at: datetime | None, ttl: int) -> None:
        ends = {"ends_at": text(time_text(ends_at))} if ends_at else {}
        self._put(_row_with_key(owner, connection_id) | {"key_id": text(key_id)} | ends, ttl)

    def remove_with_key(self, owner: str, connection_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_row_with_key(owner, connection_id))

    def subscribe_to_all(self, owner: str, connection_id: str, ttl: int) -> None:
        self._put(_row_for_all(owner, connection_id), ttl)

    def subscribe_to_job(self, owner: str, connection_id: str, job_id: str, ttl: int) -> None:
        self._put(_row_for_job(owner, connection_id, job_id), ttl)

    def mark_widened(self, owner: str, connection_id: str, job_id: str, ttl: int) -> None:
        self._put(_row_for_job(owner, connection_id, job_id) | {"is_widened": {"BOOL": True}}, ttl)

    def unsubscribe_from_all(self, owner: str, connection_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_row_for_all(owner, connection_id))

    def unsubscribe_from_job(self, owner: str, connection_id: str, job_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_row_for_job(owner, connection_id, job_id))

    def _put(self, row: Item, ttl: int) -> None:
        dynamodb().put_item(TableName=self._table, Item=row | {"ttl": number(ttl)})

    def _pages(self, partition: str, prefix: str = "", **options: Any) -> Iterator[Any]:  # noqa: ANN401 - Query's
        # `shard` is one of DynamoDB's reserved words.
        condition, values = "#shard = :shard", {":shard": text(partition)}
        if prefix:
            condition += " AND begins_with(connection_id, :prefix)"
            values[":prefix"] = text(prefix)
        yield from (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeNames={"#shard": "shard"},
                ExpressionAttributeValues=values,
                **options,
            )
        )


def _all(owner: str) -> str:
    return f"{owner}#all"


def _shard_with_key(owner: str) -> str:
    return f"{owner}#key"


def _row_with_key(owner: str, connection_id: str) -> Item:
    return {"shard": text(_shard_with_key(owner)), "connection_id": text(connection_id)}


def _row_for_all(owner: str, connection_id: str) -> Item:
    shard = crc32(connection_id.encode()) % SHARDS
    return {"shard": text(_all(owner)), "connection_id": text(f"{shard}#{connection_id}")}


def _id_for_all(item: Item) -> str:
    return str(item["connection_id"]["S"].partition("#")[2])


def _row_for_job(owner: str, connection_id: str, job_id: str) -> Item:
    return {"shard": text(f"{owner}#{job_id}"), "connection_id": text(connection_id)}
