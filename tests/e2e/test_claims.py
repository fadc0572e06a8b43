"""Concurrent claims on the local stack, whose conditional writes are atomic across threads, unlike moto's."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from facelib.domain.errors import JobClaimed
from facelib.stores import clients

from tests.support.job_store import JobStore
from tests.support.jobs import new_job
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture
def jobs(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobStore]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.endpoint_url)
    clients.dynamodb.cache_clear()
    yield JobStore(stack.resource("JobsTable"))
    clients.dynamodb.cache_clear()


def test_only_one_of_many_simultaneous_claims_succeeds(jobs: JobStore) -> None:
    job = jobs.add(new_job())
    start = threading.Barrier(4)

    def claim(_: int) -> bool:
        start.wait()
        try:
            jobs.claim(job.job_id, 30)
        except JobClaimed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(4))) == [False, False, False, True]
    jobs.begin_deletion(job.job_id, job.owner)
    jobs.remove(job.job_id)
