"""Subscriptions in DynamoDB: which connections receive which events.

A connection that receives all events has a row in one of `SHARDS` shards of its owner, so that no partition is hot. One
that receives the events of a single job has a row under that job, which is found without reading anybody else's. One
that came with a key has another row beside, to be counted, and ended with its key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from facelib.stores.clients import dynamodb
from facelib.stores.items import Item, number, text, time_text

# 100,000 rows of about 120 bytes over 8 shards are 1.5 MB each: two pages of a Query.
SHARDS: Final = 8


@dataclass(frozen=True)
class JobSubscription:
    """A connection that receives the events of one job; if `is_widened`, it has begun to receive all events since."""

    connection_id: str
    is_widened: bool


class SubscriptionStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def of_shard(self, owner: str, shard: int) -> Iterator[str]:
        """Yield the ids of the connections in a shard that receive all events (strongly consistent)."""
        # A listener receives every event from the end of its handshake on.
        for page in self._pages(_shard_key(owner, shard), ConsistentRead=True):
            yield from (item["connection_id"]["S"] for item in page["Items"])

    def of_job(self, owner: str, job_id: str) -> Iterator[JobSubscription]:
        """Yield the connections that receive the events of this job (strongly consistent)."""
        for page in self._pages(f"{owner}#{job_id}", ConsistentRead=True):
            for item in page["Items"]:
                yield JobSubscription(item["connection_id"]["S"], "is_widened" in item)

    def count_of_shard(self, owner: str, shard: int) -> int:
        """Return the number of connections in a shard (eventually consistent)."""
        return sum(page["Count"] for page in self._pages(_shard_key(owner, shard), Select="COUNT"))

    def count_with_key(self, owner: str) -> int:
        """Return how many of the owner's connections came with a key (strongly consistent)."""
        pages = self._pages(_shard_with_key(owner), Select="COUNT", ConsistentRead=True)
        return sum(page["Count"] for page in pages)

    def with_ended_key(self, owner: str, now: datetime) -> Iterator[str]:
        """Yield the connections whose key has expired (strongly consistent)."""
        for page in self._pages(_shard_with_key(owner), ConsistentRead=True):
            for item in page["Items"]:
                if "ends_at" in item and item["ends_at"]["S"] <= time_text(now):
                    yield item["connection_id"]["S"]

    def with_key(self, owner: str, key_id: str) -> Iterator[str]:
        """Yield the connections that came with this key (strongly consistent)."""
        for page in self._pages(_shard_with_key(owner), ConsistentRead=True):
            yield from (item["connection_id"]["S"] for item in page["Items"] if item["key_id"] == text(key_id))

    def _add_with_key(self, owner: str, connection_id: str, key_id: str, ends_at: datetime | None, ttl: int) -> None:
        ends = {"ends_at": text(time_text(ends_at))} if ends_at else {}
        self._put(_row_with_key(owner, connection_id) | {"key_id": text(key_id)} | ends, ttl)

    def _remove_with_key(self, owner: str, connection_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_row_with_key(owner, connection_id))

    def _subscribe_to_all(self, owner: str, connection_id: str, ttl: int) -> None:
        self._put(_row_for_all(owner, connection_id), ttl)

    def _subscribe_to_job(self, owner: str, connection_id: str, job_id: str, ttl: int) -> None:
        self._put(_row_for_job(owner, connection_id, job_id), ttl)

    def _mark_widened(self, owner: str, connection_id: str, job_id: str, ttl: int) -> None:
        self._put(_row_for_job(owner, connection_id, job_id) | {"is_widened": {"BOOL": True}}, ttl)

    def _unsubscribe_from_all(self, owner: str, connection_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_row_for_all(owner, connection_id))

    def _unsubscribe_from_job(self, owner: str, connection_id: str, job_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_row_for_job(owner, connection_id, job_id))

    def _put(self, row: Item, ttl: int) -> None:
        dynamodb().put_item(TableName=self._table, Item=row | {"ttl": number(ttl)})

    def _pages(self, partition: str, **options: Any) -> Iterator[Any]:  # noqa: ANN401 - parameters and pages of Query
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                # `shard` is one of DynamoDB's reserved words.
                KeyConditionExpression="#shard = :shard",
                ExpressionAttributeNames={"#shard": "shard"},
                ExpressionAttributeValues={":shard": text(partition)},
                **options,
            )
        )
        yield from pages


def _shard_key(owner: str, shard: int) -> str:
    return f"{owner}#{shard}"


def _shard_with_key(owner: str) -> str:
    return f"{owner}#key"


def _row_with_key(owner: str, connection_id: str) -> Item:
    return {"shard": text(_shard_with_key(owner)), "connection_id": text(connection_id)}


def _row_for_all(owner: str, connection_id: str) -> Item:
    shard = crc32(connection_id.encode()) % SHARDS
    return {"shard": text(_shard_key(owner, shard)), "connection_id": text(connection_id)}


def _row_for_job(owner: str, connection_id: str, job_id: str) -> Item:
    return {"shard": text(f"{owner}#{job_id}"), "connection_id": text(connection_id)}
