"""The job store: a stored job can be read, and only by its owner."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from facelib.domain import limits
from facelib.domain.errors import JobNotFound
from facelib.domain.job import TRANSITIONS, Status
from facelib.stores.attributes import time_text
from facelib.stores.jobs.items import from_item, to_item
from facelib.stores.jobs.lists import JobLists

from tests.support.account import Cloud
from tests.support.job_store import JobStore
from tests.support.jobs import added, new_job, outcome, raw_item
from tests.support.lost_responses import lose_first_response

LEASE = 30
UNKNOWN = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


def test_the_table_of_transitions_matches_the_documented_one() -> None:
    assert {(start.value, end.value) for start, ends in TRANSITIONS.items() for end in ends} == {
        ("pending", "processing"),
        ("pending", "failed"),
        ("processing", "processing"),
        ("processing", "completed"),
        ("processing", "failed"),
        ("failed", "pending"),
        *((status, "deleting") for status in ("pending", "processing", "completed", "failed", "deleting")),
    }


def test_a_stored_job_is_loaded_unchanged(jobs: JobStore) -> None:
    job = added(jobs)
    assert jobs.get(job.job_id, "public") == job


def test_stored_faces_are_loaded_exactly(jobs: JobStore) -> None:
    job = added(jobs)
    result = outcome(faces=3)
    jobs.complete(jobs.claim(job.job_id, LEASE), result)
    done = jobs.get(job.job_id, "public")
    assert (done.status, done.face_count, done.faces) == (Status.COMPLETED, 3, result.detection.faces)
    assert (done.image, done.timings_ms) == (result.detection.image, result.detection.timings_ms)
    assert done.detector == result.detector
    assert done.completed_at is not None
    assert done.event_id is not None
    assert done.event_id.startswith(f"{done.completed_at:%Y%m%dT%H%M%S}")


def test_the_maximum_number_of_faces_fits_into_an_item(jobs: JobStore, account: Cloud) -> None:
    job = added(jobs)
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome(faces=limits.MAX_FACES))
    # DynamoDB refuses items of more than 400 KB.
    assert len(json.dumps(raw_item(account, job.job_id))) < 250_000


@pytest.mark.parametrize("job_id", ["", "x", "0" * 32, UNKNOWN.upper(), UNKNOWN])
def test_all_missing_jobs_look_the_same(jobs: JobStore, job_id: str) -> None:
    with pytest.raises(JobNotFound):
        jobs.get(job_id, "public")


def test_another_owners_job_is_not_found(jobs: JobStore) -> None:
    job = added(jobs, owner="somebody")
    for call in (jobs.get, jobs.begin_deletion, jobs.next_retry):
        with pytest.raises(JobNotFound):
            call(job.job_id, "public")
    assert jobs.get(job.job_id, "somebody") == job


def test_an_expired_job_is_invisible_before_ttl_deletes_it(jobs: JobStore, account: Cloud) -> None:
    job = added(jobs, age=timedelta(days=1, seconds=1))
    with pytest.raises(JobNotFound):
        jobs.get(job.job_id, "public")
    with pytest.raises(JobNotFound):
        jobs.claim(job.job_id, LEASE)
    assert JobLists(account.jobs_table).newest("public", 10).jobs == ()


def test_a_job_is_added_even_if_the_response_was_lost(jobs: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_first_response(monkeypatch, "PutItem")
    job = new_job()
    assert jobs.add(job) == job


def test_ttl_is_the_expiry_time_in_whole_seconds(jobs: JobStore, account: Cloud) -> None:
    job = added(jobs)
    assert raw_item(account, job.job_id)["ttl"] == {"N": str(int(job.expires_at.timestamp()))}


def test_times_sort_as_text() -> None:
    whole = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    times = [whole, whole + timedelta(microseconds=1), whole + timedelta(seconds=1)]
    assert sorted(map(time_text, times)) == [time_text(at) for at in times]


def test_a_job_is_unchanged_after_conversion_to_an_item_and_back() -> None:
    job = new_job()
    assert from_item(to_item(job)) == job
