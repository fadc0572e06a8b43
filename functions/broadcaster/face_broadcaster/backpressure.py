"""Backpressure on the stream: after a broadcast to many recipients, the next batch waits, and events accumulate.

Without it, every event would cause one post per recipient, the posts would exceed API Gateway's quota, and the delivery
queue would grow. With it, each recipient gets all events since the last broadcast in one post.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from facelib.stores.listeners.subscriptions import Subscriptions

# Counting costs as many reads as listing, and a large number of listeners hardly changes within a minute.
_CACHE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Backpressure:
    subscriptions: Subscriptions
    posts_per_second: int
    _counted: dict[str, tuple[float, int]] = field(default_factory=dict)

    def recipients(self, owner: str) -> int:
        """Return how many listeners receive all events of the owner; the number is cached for a minute."""
        at, count = self._counted.get(owner, (float("-inf"), 0))
        if time.monotonic() - at > _CACHE_SECONDS:
            count = self.subscriptions.count_of_all(owner)
            self._counted[owner] = time.monotonic(), count
        return count

    def wait(self, posts: int, deadline: float) -> None:
        """Sleep for the time that this many posts take, but not past the deadline, a value of `time.monotonic()`."""
        time.sleep(max(0.0, min(posts / self.posts_per_second, deadline - time.monotonic())))
