"""Replays past events for one listener: the latest ones, or all events after a given one."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

from facelib.domain import limits
from facelib.domain.job import Job, Tombstone
from facelib.messages.deliveries import Replay
from facelib.messages.events import event_id_before, event_of, frames
from facelib.settings import StreamSettings
from facelib.stores.jobs.events import JobEvents, is_replayed
from facelib.stores.jobs.table import JobTable
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi

# Number of events to read and post at a time; they fill two or three frames.
_CHUNK: Final = 100
# Sorts after every event id.
_AFTER_ALL: Final = "9999"


@dataclass(frozen=True)
class Replayer:
    jobs: JobTable
    events: JobEvents
    connections: ConnectionStore
    connections_api: ConnectionsApi
    public_url: str

    @classmethod
    def of(cls, settings: StreamSettings, connections: ConnectionStore, connections_api: ConnectionsApi) -> Self:
        jobs, events = JobTable(settings.jobs_table), JobEvents(settings.jobs_table, settings.index_shards)
        return cls(jobs, events, connections, connections_api, settings.public_url)

    def send(self, replay: Replay, deadline: float) -> Replay | None:
        """Post the events of a replay; if `time.monotonic()` passes the deadline, return a replay of the unsent events.

        Raises ConnectionGone or DeliveryFailed.
        """
        connection = self.connections.get(replay.owner, replay.connection_id)
        jobs = iter(self._jobs(replay, connection))
        while chunk := tuple(islice(jobs, _CHUNK)):
            events = [event_of(job, self.public_url) for job in chunk]
            for frame in frames(events, limits.FRAME_BYTES):
                self.connections_api.post(connection.connection_id, frame)
            if time.monotonic() > deadline:
                return replay.model_copy(update={"limit": None, "after": events[-1].event_id})
        self.connections.end_replay(replay.connection_id)
        return None

    def _jobs(self, replay: Replay, connection: Connection) -> Iterable[Job | Tombstone]:
        """Yield jobs in the order of their events; a listener that is subscribed to one job receives only that job."""
        if connection.job_id:
            return self._one(connection.job_id, replay)
        if replay.after and replay.limit:
            return self.events.after(replay.owner, min(replay.after, self._before_latest(replay.owner, replay.limit)))
        if replay.after:
            return self.events.after(replay.owner, replay.after)
        return self.events.latest(replay.owner, replay.limit or limits.REPLAY_DEFAULT)

    def _before_latest(self, owner: str, limit: int) -> str:
        """Return an id that sorts just before the latest events, and after all events with an earlier time."""
        latest = self.events.latest(owner, limit)
        return event_id_before(latest[0].event_id or "", seconds=0) if latest else _AFTER_ALL

    def _one(self, job_id: str, replay: Replay) -> Iterator[Job | Tombstone]:
        job = self.jobs.peek(job_id)
        # The owner is checked first, so that callers cannot detect other owners' jobs or their deletion.
        if job is None or job.owner != replay.owner or not is_replayed(job):
            return
        if replay.limit or (job.event_id or "") > (replay.after or ""):
            yield job
