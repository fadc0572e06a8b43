"""Deletions: the job is hidden first, its record is deleted last, and both steps can be repeated."""

import pytest
from facelib.domain.errors import JobNotFound
from facelib.domain.job import Failure, FailureReason, Tombstone
from facelib.stores import clients
from facelib.stores.jobs.events import JobEvents
from facelib.stores.jobs.lists import JobLists

from tests.support.account import Cloud
from tests.support.job_store import JobStore
from tests.support.jobs import added, keyed, new_job, outcome, raw_item

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")
LEASE = 30


def test_a_deletion_hides_the_job_and_may_be_repeated(jobs: JobStore, account: Cloud) -> None:
    job = jobs.add(new_job(), keyed("hash"))
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome())
    for _ in range(2):
        jobs.begin_deletion(job.job_id, "public")
        with pytest.raises(JobNotFound):
            jobs.get(job.job_id, "public")
        lists = JobLists(account.jobs_table)
        assert lists.newest("public", 10).jobs == ()
        assert [type(one) for one in JobEvents(account.jobs_table).latest("public", 10)] == [Tombstone]
    assert "faces" not in raw_item(account, job.job_id)
    with pytest.raises(JobNotFound):
        jobs.claim(job.job_id, LEASE)
    jobs.remove(job.job_id)
    [tombstone] = clients.dynamodb().scan(TableName=account.jobs_table)["Items"]
    assert set(tombstone) == {"job_id", "owner", "owner_shard", "event_id", "status", "ttl"}, (
        "a tombstone contains only ids, the status and the expiry"
    )
    with pytest.raises(JobNotFound):
        jobs.begin_deletion(job.job_id, "public")


@pytest.mark.parametrize("finish", [True, False], ids=["deleted", "deleting"])
def test_a_deletion_is_one_event_for_late_listeners(jobs: JobStore, account: Cloud, finish: bool) -> None:
    job, other = added(jobs), added(jobs)
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome())
    completed = jobs.get(job.job_id, "public").event_id
    for _ in range(2):
        jobs.begin_deletion(job.job_id, "public")
    if finish:
        jobs.remove(job.job_id)
        jobs.remove(job.job_id)
    [deleted] = JobEvents(account.jobs_table).after("public", completed or "")
    assert deleted == jobs.peek(job.job_id)
    assert isinstance(deleted, Tombstone)
    assert (deleted.job_id, deleted.owner) == (job.job_id, "public")
    assert jobs.get(other.job_id, "public") == other


def test_a_deleted_job_does_not_change(jobs: JobStore) -> None:
    job = added(jobs)
    jobs.begin_deletion(job.job_id, "public")
    jobs.remove(job.job_id)
    for call in (
        lambda: jobs.get(job.job_id, "public"),
        lambda: jobs.claim(job.job_id, LEASE),
        lambda: jobs.fail_abandoned(job.job_id, FAILURE),
        lambda: jobs.next_retry(job.job_id, "public"),
        lambda: jobs.begin_deletion(job.job_id, "public"),
    ):
        with pytest.raises(JobNotFound):
            call()


def test_only_a_job_that_is_being_deleted_is_removed(jobs: JobStore) -> None:
    job = added(jobs)
    jobs.remove(job.job_id)
    assert jobs.get(job.job_id, "public") == job
