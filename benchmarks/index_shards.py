"""At which rate one owner's jobs exceed a partition of an index: `python -m benchmarks.index_shards`.

Job ids are random, so shards are filled unevenly. Seconds of arrivals are drawn, with the service's own choice of the
shard, and counted in which of them a shard gets more than a partition takes.
"""

import random
from collections import Counter
from itertools import count
from typing import Final
from uuid import UUID

from facelib.limits import INDEX_SHARDS
from facelib.stores.job_index import owner_shard

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
PARTITION_WRITES_PER_SECOND: Final = 1_000
# Of each index (docs/scaling.md).
UNITS_A_JOB: Final = 1
_SECONDS: Final = 100
_STEP: Final = 100
# Burst capacity absorbs a second now and then; this many of a hundred are no exception any more.
_TOLERATED: Final = 1


def highest_rate(shards: int) -> int:
    """Return the highest rate in jobs a second, in steps of 100, that the partitions take."""
    start = shards * PARTITION_WRITES_PER_SECOND // UNITS_A_JOB
    return next(rate for rate in count(start, -_STEP) if _exceeded(rate, shards) <= _TOLERATED)


def _exceeded(rate: int, shards: int) -> int:
    """Count the seconds in which a partition gets more than it takes."""
    chance = random.Random(1)
    return sum(_fullest(chance, rate, shards) * UNITS_A_JOB > PARTITION_WRITES_PER_SECOND for _ in range(_SECONDS))


def _fullest(chance: random.Random, rate: int, shards: int) -> int:
    ids = (str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(rate))
    return max(Counter(owner_shard("owner", job_id, shards) for job_id in ids).values())


def main() -> None:
    print("| `IndexShards` | jobs a second of one owner |")
    print("|---:|---:|")
    for shards in (1, INDEX_SHARDS, 2 * INDEX_SHARDS):
        print(f"| {shards} | {highest_rate(shards):,} |")


if __name__ == "__main__":
    main()
