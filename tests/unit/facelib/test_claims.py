"""Claims: only one detector at a time holds a job, and a late detector changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from facelib.domain.errors import ClaimLost, JobClaimed, JobFinished, JobNotFound
from facelib.domain.job import Failure, FailureReason, Status

from tests.support.job_store import JobStore
from tests.support.jobs import added, form_job, outcome
from tests.support.lost_responses import lose_first_response

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")
OURS = Failure(reason=FailureReason.INTERNAL_ERROR, detail="The service failed.")
LEASE = 30
UNKNOWN = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


def test_an_expired_claim_is_taken_over_and_the_first_detector_writes_nothing_back(jobs: JobStore) -> None:
    job = added(jobs)
    first = jobs.claim(job.job_id, -1)
    second = jobs.claim(job.job_id, LEASE)
    with pytest.raises(ClaimLost) as lost:
        jobs.complete(first, outcome())
    assert not lost.value.is_deleted
    jobs.complete(second, outcome(faces=1))
    assert jobs.get(job.job_id, "public").face_count == 1


@pytest.mark.parametrize(
    "finish",
    [
        pytest.param(lambda jobs, claim: jobs.complete(claim, outcome()), id="complete"),
        pytest.param(lambda jobs, claim: jobs.fail(claim, FAILURE), id="fail"),
    ],
)
def test_a_finished_job_does_not_change(jobs: JobStore, finish: Callable[[JobStore, object], None]) -> None:
    job = added(jobs)
    claim = jobs.claim(job.job_id, LEASE)
    finish(jobs, claim)
    done = jobs.get(job.job_id, "public")
    with pytest.raises(JobFinished):
        jobs.claim(job.job_id, LEASE)
    with pytest.raises(ClaimLost):
        finish(jobs, claim)
    with pytest.raises(JobFinished):
        jobs.fail_abandoned(job.job_id, FAILURE)
    assert jobs.get(job.job_id, "public") == done


def test_a_job_deleted_during_detection_is_not_written_back(jobs: JobStore) -> None:
    job = added(jobs)
    claim = jobs.claim(job.job_id, LEASE)
    jobs.begin_deletion(job.job_id, "public")
    with pytest.raises(ClaimLost) as lost:
        jobs.complete(claim, outcome())
    assert lost.value.is_deleted
    with pytest.raises(JobNotFound):
        jobs.get(job.job_id, "public")


def test_an_abandoned_job_fails_unless_a_detector_holds_it(jobs: JobStore) -> None:
    waiting, at_work, stuck = added(jobs), added(jobs), added(jobs)
    jobs.claim(at_work.job_id, LEASE)
    jobs.claim(stuck.job_id, -1)
    jobs.fail_abandoned(waiting.job_id, FAILURE)
    jobs.fail_abandoned(stuck.job_id, FAILURE)
    for job in (waiting, stuck):
        assert jobs.get(job.job_id, "public").failure == FAILURE
    with pytest.raises(JobClaimed):
        jobs.fail_abandoned(at_work.job_id, FAILURE)
    with pytest.raises(JobNotFound):
        jobs.fail_abandoned(UNKNOWN, FAILURE)


def test_a_claim_is_valid_even_if_the_response_was_lost(jobs: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    job = added(jobs)
    with monkeypatch.context() as lossy:
        lose_first_response(lossy, "UpdateItem")
        claim = jobs.claim(job.job_id, LEASE)
    jobs.complete(claim, outcome())
    assert jobs.get(job.job_id, "public").status is Status.COMPLETED


def test_a_job_can_still_be_claimed_or_failed_after_its_upload_form_expired(jobs: JobStore) -> None:
    waiting, abandoned, deleted = (jobs.add(form_job(timedelta(seconds=-1))) for _ in range(3))
    jobs.complete(jobs.claim(waiting.job_id, LEASE), outcome())
    jobs.fail_abandoned(abandoned.job_id, OURS)
    for job in (waiting, abandoned):
        assert jobs.get(job.job_id, "public").expires_at == job.kept_until
    jobs.begin_deletion(deleted.job_id, "public")
    with pytest.raises(JobNotFound):
        jobs.claim(deleted.job_id, LEASE)
