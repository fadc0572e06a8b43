"""Idempotency keys: a repeated request stores only one job."""

from datetime import timedelta

import pytest
from facelib.domain.errors import JobNotFound, KeyReused
from facelib.stores.jobs.lists import JobLists

from tests.support.account import Cloud
from tests.support.job_store import JobStore
from tests.support.jobs import form_job, keyed, new_job, outcome

LEASE = 30


def test_a_repeated_request_stores_only_one_job(jobs: JobStore) -> None:
    first, second = new_job(), new_job()
    assert jobs.add(first, keyed("hash")) == first
    assert jobs.add(second, keyed("hash")) == first
    with pytest.raises(KeyReused):
        jobs.add(new_job(), keyed("another hash"))
    with pytest.raises(JobNotFound):
        jobs.get(second.job_id, "public")


def test_two_owners_may_have_the_same_key(jobs: JobStore) -> None:
    mine, theirs = new_job(), new_job(owner="somebody")
    assert jobs.add(mine, keyed("hash")) == mine
    assert jobs.add(theirs, keyed("another hash")) == theirs


def test_a_key_whose_job_has_expired_creates_a_new_job(jobs: JobStore) -> None:
    old, new = new_job(age=timedelta(days=2)), new_job()
    jobs.add(old, keyed("hash"))
    assert jobs.add(new, keyed("another hash")) == new
    assert new.job_id != old.job_id


@pytest.mark.parametrize("finish", [True, False], ids=["deleted", "deleting"])
def test_a_key_whose_job_was_deleted_creates_a_new_job(jobs: JobStore, finish: bool) -> None:
    old, new = new_job(), new_job()
    jobs.add(old, keyed("hash"))
    jobs.begin_deletion(old.job_id, "public")
    if finish:
        jobs.remove(old.job_id)
    assert jobs.add(new, keyed("another hash")) == new
    jobs.remove(old.job_id)
    assert jobs.add(new_job(), keyed("another hash")) == new, "the old job's deletion leaves the new record alone"


def test_a_job_whose_form_was_never_used_expires_early(jobs: JobStore, account: Cloud) -> None:
    job = jobs.add(form_job(timedelta(seconds=-1)), keyed("hash"))
    with pytest.raises(JobNotFound):
        jobs.get(job.job_id, "public")
    assert JobLists(account.jobs_table).newest("public", 10).jobs == ()
    assert jobs.add(new_job(), keyed("hash")).job_id != job.job_id


def test_the_key_of_a_form_lasts_as_long_as_its_job(jobs: JobStore, account: Cloud) -> None:
    job = jobs.add(form_job(timedelta(minutes=-1)), keyed("hash"))
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome())
    assert jobs.add(new_job(), keyed("hash")).job_id == job.job_id
