"""Counts write units as DynamoDB charges them, including those of indexes, which emulators do not count.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html (1 KB a unit)
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html (sizes)
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from typing import Any, Final

from facelib.stores import clients

from tests.support.account import table_of

Item = Mapping[str, Mapping[str, Any]]
_UNIT: Final = 1024


@contextmanager
def counted(table: str, *, transaction: bool = False) -> Iterator[Counter[str]]:
    """Count the write units of a block, which must write each job at most once. A transaction takes twice the units."""
    units: Counter[str] = Counter()
    before = _items(table)
    yield units
    after = _items(table)
    definition = table_of("JobsTable")
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old != new:
            units["table"] += _size_in_units(old, new) * (2 if transaction else 1)
            for index in definition.get("GlobalSecondaryIndexes", ()):
                units[index["IndexName"]] += _index_units(index, old, new)


def _items(table: str) -> dict[str, Item]:
    pages = clients.dynamodb().get_paginator("scan").paginate(TableName=table)
    return {item["job_id"]["S"]: item for page in pages for item in page["Items"]}


def _index_units(index: Mapping[str, Any], old: Item | None, new: Item | None) -> int:
    """Return the write units of one index. A changed projection is one write, or two writes if its key has changed."""
    before, after = _projected(index, old), _projected(index, new)
    if before == after:
        return 0
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    if before and after and any(before[key] != after[key] for key in keys):
        return _size_in_units(before) + _size_in_units(after)
    return _size_in_units(before, after)


def _projected(index: Mapping[str, Any], item: Item | None) -> Item | None:
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    if item is None or not all(key in item for key in keys):
        return None
    names = {*keys, "job_id", *index["Projection"].get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in names}


def _size_in_units(*items: Item | None) -> int:
    return max(ceil(sum(map(_size, item.items())) / _UNIT) for item in items if item)


def _size(attribute: tuple[str, Mapping[str, Any]]) -> int:
    name, value = attribute
    [(kind, content)] = value.items()
    length = ceil(len(content) / 2) + 1 if kind == "N" else len(str(content).encode())
    return len(name.encode()) + length
