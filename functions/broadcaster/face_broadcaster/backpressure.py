"""How long a pass over a large audience takes, so that the next batch of the stream waits and grows meanwhile.

Without it each event would go to everyone in a post of its own, the posts would exceed what API Gateway takes, and the
queue would grow. With it a large audience hears what has gathered since the pass before, in one post each.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from facelib.stores.connections import SHARDS, ConnectionStore

from face_broadcaster.threads import threads

# Counting costs as many reads as listing; an audience that large does not change much in a minute.
_REMEMBERED_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Backpressure:
    connections: ConnectionStore
    posts_per_second: int
    _counted: dict[str, tuple[float, int]] = field(default_factory=dict)

    def recipients(self, owner: str) -> int:
        """How many listeners the owner has, as of a minute ago at most."""
        at, count = self._counted.get(owner, (float("-inf"), 0))
        if time.monotonic() - at > _REMEMBERED_SECONDS:
            shards = threads().map(lambda shard: self.connections.count_of_shard(owner, shard), range(SHARDS))
            count = sum(shards)
            self._counted[owner] = time.monotonic(), count
        return count

    def wait(self, posts: int, deadline: float) -> None:
        """Wait as long as so many posts take, and never past `time.monotonic()` at the deadline."""
        time.sleep(max(0.0, min(posts / self.posts_per_second, deadline - time.monotonic())))
