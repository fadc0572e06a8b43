"""Splits items into batches for AWS, whose requests are limited in bytes and in entries."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(
    items: Iterable[T], most: int | None = None, *, size_of: Callable[[T], int] = lambda _: 0, most_bytes: int = 0
) -> Iterator[tuple[T, ...]]:
    """Yield the items in order, in as few batches as possible, each of at most `most` items and `most_bytes` bytes.

    An item that is too large by itself gets its own batch, so that AWS refuses only that item.
    """
    batch: list[T] = []
    total = 0
    for item in items:
        size = size_of(item)
        if batch and (len(batch) == most or total + size > most_bytes):
            yield tuple(batch)
            batch, total = [], 0
        batch.append(item)
        total += size
    if batch:
        yield tuple(batch)
