"""Indexes of the jobs table, whose keys are distributed over shards.

DynamoDB limits each partition of a table or an index to 1,000 write units a second, and a throttled index throttles its
table. Therefore, an owner's jobs are distributed over shards by id, and reads merge the shards in order of the sort
key.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain, groupby
from math import ceil, sqrt
from typing import Any, Final
from zlib import crc32

from facelib.stores.attributes import Item, text
from facelib.stores.clients import dynamodb
from facelib.stores.threads import threads

# The partition key of both indexes.
SHARD: Final = "owner_shard"


def owner_shard(owner: str, job_id: str, shards: int) -> str:
    """Return the shard that holds a job in the indexes."""
    return f"{owner}#{crc32(job_id.encode()) % shards}"


class JobIndex:
    """One index, sorted by `sort_key` and then by job id."""

    def __init__(self, table: str, name: str, sort_key: str, shards: int) -> None:
        self._table = table
        self._name = name
        self._sort_key = sort_key
        self._shards = shards

    def ascending(self, owner: str, after: str, page_size: int) -> Iterator[Item]:
        """Yield the owner's items after a sort key, in ascending order, reading about `page_size` at a time."""
        return self._merged(owner, ">", after, page_size, is_descending=False)

    def descending(self, owner: str, up_to: str, page_size: int) -> Iterator[Item]:
        """Yield the owner's items whose sort key is at most `up_to`, in descending order."""
        return self._merged(owner, "<=", up_to, page_size, is_descending=True)

    def count(self, owner: str) -> int:
        """Return the number of the owner's items. The read is eventually consistent."""
        return sum(threads().map(lambda shard: self._count_of_shard(f"{owner}#{shard}"), range(self._shards)))

    def _count_of_shard(self, shard: str) -> int:
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                IndexName=self._name,
                KeyConditionExpression=f"{SHARD} = :shard",
                ExpressionAttributeValues={":shard": text(shard)},
                Select="COUNT",
            )
        )
        return sum(page["Count"] for page in pages)

    def _merged(self, owner: str, operator: str, bound: str, page_size: int, *, is_descending: bool) -> Iterator[Item]:
        query = {
            "TableName": self._table,
            "IndexName": self._name,
            "KeyConditionExpression": f"{SHARD} = :shard AND {self._sort_key} {operator} :bound",
            "ScanIndexForward": not is_descending,
            "Limit": _limit_of_shard(page_size, self._shards),
        }
        pages = [_pages(query, f"{owner}#{shard}", bound) for shard in range(self._shards)]
        # The first pages are read in parallel; most reads do not need any others.
        first = threads().map(_next_page, pages)
        items = (chain(page, chain.from_iterable(rest)) for page, rest in zip(first, pages, strict=True))
        ordered = (self._in_order(shard, is_descending) for shard in items)
        return merge(*ordered, key=self._position, reverse=is_descending)

    def _in_order(self, items: Iterable[Item], is_descending: bool) -> Iterator[Item]:  # noqa: FBT001
        """Sort items with the same sort key by their job id, because DynamoDB does not."""
        for _, same in groupby(items, key=self._sort_value):
            yield from sorted(same, key=self._position, reverse=is_descending)

    def _sort_value(self, item: Item) -> str:
        return str(item[self._sort_key]["S"])

    def _position(self, item: Item) -> tuple[str, str]:
        return self._sort_value(item), item["job_id"]["S"]


def _pages(query: dict[str, Any], shard: str, bound: str) -> Iterator[list[Item]]:
    values = {":shard": text(shard), ":bound": text(bound)}
    for page in dynamodb().get_paginator("query").paginate(**query, ExpressionAttributeValues=values):
        yield page["Items"]


def _limit_of_shard(page_size: int, shards: int) -> int:
    """Return how many items to read from each shard at a time, so that filling a page rarely takes two reads.

    A page is distributed randomly over the shards, so a shard's share is binomial. It is more than four standard
    deviations above its mean in about one in ten thousand shards.
    """
    mean = page_size / shards
    return min(page_size, ceil(mean + 4 * sqrt(mean)))


def _next_page(pages: Iterator[list[Item]]) -> list[Item]:
    return next(pages, [])
