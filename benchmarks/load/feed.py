"""Produces events without processing images: it marks jobs as ended directly in the jobs table."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from facelib.domain.job import (
    PUBLIC_OWNER,
    Detection,
    DetectorInfo,
    Failure,
    FailureReason,
    ImageFormat,
    ImageInfo,
    Job,
    Quality,
)
from facelib.domain.options import Options
from facelib.stores import clients
from facelib.stores.jobs.claims import Claims, Outcome
from facelib.stores.jobs.creation import NewJobs
from facelib.stores.jobs.retries import Retries
from facelib.stores.jobs.table import JobTable

_FAILURE = Failure(reason=FailureReason.INTERNAL_ERROR, detail="failed by the benchmark")


def _outcome() -> Outcome:
    """Return an outcome with the current time."""
    image = ImageInfo(width=512, height=512, format=ImageFormat.JPEG, bytes=50_000)
    detector = DetectorInfo(name="none", version="0", quality=Quality.FAST)
    return Outcome(Detection(image=image, faces=(), timings_ms={"total": 1.0}), detector, original_etag="none")


@dataclass(frozen=True)
class Ended:
    """The end of a job: the id of its event, and `time.time()` at the beginning of the write."""

    job_id: str
    event_id: str
    at: float


class Feed:
    def __init__(self, table: JobTable) -> None:
        self._table = table
        # Every stack has a first shard, regardless of its `IndexShards`.
        self._jobs, self._claims, self._retries = NewJobs(table, index_shards=1), Claims(table), Retries(table)

    def add(self) -> str:
        """Add a pending job."""
        return self._jobs.add(Job.pending(PUBLIC_OWNER, Options(), timedelta(hours=1))).job_id

    def end(self, job_id: str, *, failed: bool = False) -> Ended:
        """End a pending job."""
        claim = self._claims.claim(job_id, lease_seconds=60)
        at = time.time()
        if failed:
            self._claims.fail(claim, _FAILURE)
        else:
            self._claims.complete(claim, _outcome())
        event_id = self._table.get(job_id, PUBLIC_OWNER).event_id
        assert event_id
        return Ended(job_id, event_id, at)

    def retry(self, job_id: str) -> None:
        self._retries.begin(job_id, self._retries.next_number(job_id, PUBLIC_OWNER))


@contextmanager
def feed(endpoint_url: str, jobs_table: str) -> Iterator[Feed]:
    """Return a feed into the jobs table of a local stack."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        clients.dynamodb.cache_clear()
        try:
            yield Feed(JobTable(jobs_table))
        finally:
            clients.dynamodb().close()
            clients.dynamodb.cache_clear()
