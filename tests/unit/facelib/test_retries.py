"""Retries are possible only if the image did not cause the failure, and their number is limited."""

import pytest
from facelib.domain import limits
from facelib.domain.errors import JobConflict
from facelib.domain.job import Failure, FailureReason, Job, Status

from tests.support.job_store import JobStore
from tests.support.jobs import added, outcome

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")
OURS = Failure(reason=FailureReason.INTERNAL_ERROR, detail="The service failed.")
LEASE = 30


def retry(jobs: JobStore, job: Job) -> None:
    jobs.begin_retry(job.job_id, jobs.next_retry(job.job_id, "public"))


def test_only_a_failed_job_is_retried_and_only_once(jobs: JobStore) -> None:
    job = added(jobs)
    with pytest.raises(JobConflict, match="pending"):
        jobs.next_retry(job.job_id, "public")
    jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
    retry(jobs, job)
    again = jobs.get(job.job_id, "public")
    assert (again.status, again.failure, again.event_id, again.completed_at) == (Status.PENDING, None, None, None)
    with pytest.raises(JobConflict):
        jobs.next_retry(job.job_id, "public")
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome())
    assert jobs.get(job.job_id, "public").status is Status.COMPLETED


def test_a_retry_that_has_begun_does_not_begin_again(jobs: JobStore) -> None:
    job = added(jobs)
    jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
    retry(jobs, job)
    jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
    failed = jobs.get(job.job_id, "public")
    jobs.begin_retry(job.job_id, 1)
    assert jobs.get(job.job_id, "public") == failed


def test_a_failure_caused_by_the_image_is_not_retried(jobs: JobStore) -> None:
    job = added(jobs)
    jobs.fail(jobs.claim(job.job_id, LEASE), FAILURE)
    with pytest.raises(JobConflict, match="would fail again: The file ends too early"):
        jobs.next_retry(job.job_id, "public")


def test_retries_are_counted(jobs: JobStore) -> None:
    job = added(jobs)
    for _ in range(limits.RETRIES):
        jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
        retry(jobs, job)
    jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
    with pytest.raises(JobConflict, match="retried 5 times"):
        jobs.next_retry(job.job_id, "public")
