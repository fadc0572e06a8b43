"""Concurrent posts to many listeners before a deadline, in rounds: each round repeats only the posts that failed."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from facelib.domain.errors import ConnectionGone, DeliveryFailed
from facelib.messages.deliveries import Delivery
from facelib.stores.backoff import jittered
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.threads import threads

# Seconds to wait before the second and the third round; jitter shortens each wait by up to half. Together, the waits
# outlast a second of throttling; the queue retries the rest.
_WAITS: Final = (0.2, 0.6)


class _State(Enum):
    DONE = auto()
    GONE = auto()
    REFUSED = auto()
    DEADLINE_EXCEEDED = auto()


@dataclass(frozen=True)
class PendingPost:
    """The frames that have not been posted to one listener yet."""

    owner: str
    connection_id: str
    frames: tuple[str, ...]
    attempt: int


@dataclass(frozen=True)
class FanOutResult:
    """The result of a fan-out: `refused` posts failed but may succeed later; `late` ones were not attempted in time."""

    posts: int
    gone: int
    throttled: int
    refused: tuple[Delivery, ...]
    late: tuple[Delivery, ...]


@dataclass(frozen=True)
class FanOut:
    connections_api: ConnectionsApi
    connections: ConnectionStore

    def send(self, deliveries: Iterable[Delivery], deadline: float) -> FanOutResult:
        """Post until all frames are posted, three rounds are over, or `time.monotonic()` passes the deadline."""
        pending = [
            PendingPost(delivery.owner, connection_id, delivery.frames, delivery.attempt)
            for delivery in deliveries
            for connection_id in delivery.connection_ids
        ]
        requested, throttled = sum(len(post.frames) for post in pending), 0
        by_state: dict[_State, list[PendingPost]] = defaultdict(list)
        for wait in (*_WAITS, None):
            results = list(threads().map(lambda post: self._post(post, deadline), pending))
            for state, post in results:
                by_state[state].append(post)
            pending = by_state[_State.REFUSED]
            throttled += len(pending)
            if not pending or wait is None or time.monotonic() + wait > deadline:
                break
            by_state[_State.REFUSED] = []
            time.sleep(jittered(wait))
        connecting = self._remove_stale(by_state[_State.GONE])
        unposted = [*by_state[_State.REFUSED], *by_state[_State.GONE], *by_state[_State.DEADLINE_EXCEEDED]]
        return FanOutResult(
            posts=requested - sum(len(post.frames) for post in unposted),
            gone=len(by_state[_State.GONE]) - len(connecting),
            throttled=throttled,
            refused=_group([*by_state[_State.REFUSED], *connecting]),
            late=_group(by_state[_State.DEADLINE_EXCEEDED]),
        )

    def _post(self, post: PendingPost, deadline: float) -> tuple[_State, PendingPost]:
        """Post one listener's frames in order, and stop at a failure, so that no frame overtakes another."""
        for posted, frame in enumerate(post.frames):
            rest = replace(post, frames=post.frames[posted:])
            if time.monotonic() > deadline:
                return _State.DEADLINE_EXCEEDED, rest
            try:
                self.connections_api.post(post.connection_id, frame.encode())
            except ConnectionGone:
                return _State.GONE, rest
            except DeliveryFailed:
                return _State.REFUSED, rest
        return _State.DONE, post

    def _remove_stale(self, gone: Sequence[PendingPost]) -> list[PendingPost]:
        """Remove the rows of listeners that have disconnected; return those that may still be connecting."""
        removed = threads().map(lambda post: self.connections.remove_gone(post.owner, post.connection_id), gone)
        return [post for post, is_gone in zip(gone, removed, strict=True) if not is_gone]


def _group(pending: Iterable[PendingPost]) -> tuple[Delivery, ...]:
    """Return one delivery for each group of listeners that are to receive the same frames."""
    groups: dict[tuple[str, tuple[str, ...], int], list[str]] = defaultdict(list)
    for post in pending:
        groups[post.owner, post.frames, post.attempt].append(post.connection_id)
    return tuple(
        Delivery(owner=owner, frames=frames, connection_ids=tuple(ids), attempt=attempt)
        for (owner, frames, attempt), ids in groups.items()
    )
