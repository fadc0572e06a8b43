"""Frames to many listeners at once, within a time: rounds of posts, where only the refused go into the next round."""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from facelib.deliveries import Delivery
from facelib.errors import ConnectionGone, DeliveryFailed
from facelib.stores.connections import ConnectionStore
from facelib.stores.push import ConnectionsApi

from face_broadcaster.threads import threads

# Waits before the second and the third round, in seconds, each halved at most by chance: a throttled second is over,
# or the queue takes the rest.
_WAITS: Final = (0.2, 0.6)


class _State(Enum):
    DONE = auto()
    GONE = auto()
    REFUSED = auto()
    DEADLINE_EXCEEDED = auto()


@dataclass(frozen=True)
class PendingPost:
    """What one listener is still to get."""

    owner: str
    connection_id: str
    frames: tuple[str, ...]
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """What became of a fan-out. `refused` may work later; `late` was not tried for want of time."""

    posts: int
    gone: int
    throttled: int
    refused: tuple[Delivery, ...]
    late: tuple[Delivery, ...]


@dataclass(frozen=True)
class FanOut:
    push: ConnectionsApi
    connections: ConnectionStore

    def send(self, deliveries: Iterable[Delivery], deadline: float) -> Outcome:
        """Post until all is done, three rounds are over, or `time.monotonic()` passes the deadline."""
        pending = [
            PendingPost(delivery.owner, connection_id, delivery.frames, delivery.attempt)
            for delivery in deliveries
            for connection_id in delivery.connection_ids
        ]
        wanted, throttled = sum(len(post.frames) for post in pending), 0
        found: dict[_State, list[PendingPost]] = defaultdict(list)
        for wait in (*_WAITS, None):
            results = list(threads().map(lambda post: self._post(post, deadline), pending))
            for state, post in results:
                found[state].append(post)
            pending = found[_State.REFUSED]
            throttled += len(pending)
            if not pending or wait is None or time.monotonic() + wait > deadline:
                break
            found[_State.REFUSED] = []
            time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - chance spreads the load, it guards nothing
        young = self._remove_stale(found[_State.GONE])
        unposted = [*found[_State.REFUSED], *found[_State.GONE], *found[_State.DEADLINE_EXCEEDED]]
        return Outcome(
            posts=wanted - sum(len(post.frames) for post in unposted),
            gone=len(found[_State.GONE]) - len(young),
            throttled=throttled,
            refused=_together([*found[_State.REFUSED], *young]),
            late=_together(found[_State.DEADLINE_EXCEEDED]),
        )

    def _post(self, post: PendingPost, deadline: float) -> tuple[_State, PendingPost]:
        """One listener's frames in order; after a refusal the rest waits, so that none overtakes another."""
        for posted, frame in enumerate(post.frames):
            rest = replace(post, frames=post.frames[posted:])
            if time.monotonic() > deadline:
                return _State.DEADLINE_EXCEEDED, rest
            try:
                self.push.post(post.connection_id, frame.encode())
            except ConnectionGone:
                return _State.GONE, rest
            except DeliveryFailed:
                return _State.REFUSED, rest
        return _State.DONE, post

    def _remove_stale(self, gone: Sequence[PendingPost]) -> list[PendingPost]:
        """Remove the rows of listeners that have left; those that may still be connecting are given back."""
        removed = threads().map(lambda post: self.connections.remove_gone(post.owner, post.connection_id), gone)
        return [post for post, is_gone in zip(gone, removed, strict=True) if not is_gone]


def _together(pending: Iterable[PendingPost]) -> tuple[Delivery, ...]:
    """One delivery for all who are to get the same."""
    groups: dict[tuple[str, tuple[str, ...], int], list[str]] = defaultdict(list)
    for post in pending:
        groups[post.owner, post.frames, post.attempt].append(post.connection_id)
    return tuple(
        Delivery(owner=owner, frames=frames, connection_ids=tuple(ids), attempt=attempt)
        for (owner, frames, attempt), ids in groups.items()
    )
