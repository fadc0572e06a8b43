"""Events again, for a listener that asks: the latest, or all since the one it knows."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from facelib import limits
from facelib.deliveries import Replay
from facelib.errors import JobNotFound
from facelib.events import event_of, frames
from facelib.job import Job
from facelib.stores.connections import Connection, ConnectionStore
from facelib.stores.job_lists import JobLists
from facelib.stores.jobs import JobStore
from facelib.stores.push import ConnectionsApi

# Events are read and posted by so many at a time; 100 of them fill two or three frames.
_CHUNK: Final = 100


@dataclass(frozen=True)
class Replayer:
    jobs: JobStore
    lists: JobLists
    connections: ConnectionStore
    push: ConnectionsApi
    public_url: str

    def send(self, wanted: Replay, deadline: float) -> Replay | None:
        """Post what is wanted; what is left when `time.monotonic()` passes the deadline is given back.

        Raises ConnectionGone or DeliveryFailed.
        """
        connection = self.connections.get(wanted.owner, wanted.connection_id)
        jobs = iter(self._jobs(wanted, connection))
        while chunk := tuple(islice(jobs, _CHUNK)):
            events = [event_of(job, self.public_url) for job in chunk]
            for frame in frames(events, limits.FRAME_BYTES):
                self.push.post(connection.connection_id, frame)
            if time.monotonic() > deadline:
                return wanted.model_copy(update={"limit": None, "after": events[-1].event_id})
        self.connections.end_replay(wanted.owner, wanted.connection_id)
        return None

    def _jobs(self, wanted: Replay, connection: Connection) -> Iterable[Job]:
        """In the order they ended. A listener of one job hears of that job alone."""
        if connection.job_id:
            return self._one(connection.job_id, wanted)
        if wanted.after:
            return self.lists.ended_after(wanted.owner, wanted.after)
        return self.lists.latest_ended(wanted.owner, wanted.limit or limits.REPLAY_DEFAULT)

    def _one(self, job_id: str, wanted: Replay) -> Iterator[Job]:
        try:
            job = self.jobs.get(job_id, wanted.owner)
        except JobNotFound:
            return
        if job.status.is_final and (job.event_id or "") > (wanted.after or ""):
            yield job
