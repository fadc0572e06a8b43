"""The job store: every change of status is one conditional write, and whoever comes late changes nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.client import BaseClient
from facelib import limits
from facelib.errors import ClaimLost, JobClaimed, JobConflict, JobFinished, JobNotFound, KeyReused
from facelib.job import TRANSITIONS, Failure, FailureReason, Job, Status, Tombstone
from facelib.stores.idempotency import IdempotentRequest
from facelib.stores.items import from_item, time_text, to_item
from facelib.stores.job_events import JobEvents
from facelib.stores.job_lists import JobLists
from facelib.stores.jobs import JobStore

from tests.support.account import Cloud
from tests.support.jobs import new_job, outcome

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")
OURS = Failure(reason=FailureReason.INTERNAL_ERROR, detail="The service failed.")
LEASE = 30
UNKNOWN = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


def added(jobs: JobStore, **kind: object) -> Job:
    return jobs.add(new_job(**kind))  # type: ignore[arg-type]


def raw_item(account: Cloud, job_id: str) -> dict[str, dict[str, str]]:
    return boto3.client("dynamodb").get_item(TableName=account.jobs_table, Key={"job_id": {"S": job_id}})["Item"]  # type: ignore[return-value]


def test_the_table_of_transitions_is_the_one_that_is_documented() -> None:
    assert {(start.value, end.value) for start, ends in TRANSITIONS.items() for end in ends} == {
        ("pending", "processing"),
        ("pending", "failed"),
        ("processing", "processing"),
        ("processing", "completed"),
        ("processing", "failed"),
        ("failed", "pending"),
        *((status, "deleting") for status in ("pending", "processing", "completed", "failed", "deleting")),
    }


def test_a_job_comes_back_as_it_was_stored(jobs: JobStore) -> None:
    job = added(jobs)
    assert jobs.get(job.job_id, "public") == job


def test_what_was_found_comes_back_to_the_digit(jobs: JobStore) -> None:
    job = added(jobs)
    result = outcome(faces=3)
    jobs.complete(jobs.claim(job.job_id, LEASE), result)
    done = jobs.get(job.job_id, "public")
    assert (done.status, done.face_count, done.faces) == (Status.COMPLETED, 3, result.faces)
    assert (done.image, done.detector, done.timings_ms) == (result.image, result.detector, result.timings_ms)
    assert done.completed_at is not None
    assert done.event_id is not None
    assert done.event_id.startswith(f"{done.completed_at:%Y%m%dT%H%M%S}")


def test_the_most_faces_fit_into_an_item(jobs: JobStore, account: Cloud) -> None:
    job = added(jobs)
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome(faces=limits.MAX_FACES))
    # DynamoDB refuses items of more than 400 KB.
    assert len(json.dumps(raw_item(account, job.job_id))) < 250_000


@pytest.mark.parametrize("job_id", ["", "x", "0" * 32, UNKNOWN.upper(), UNKNOWN])
def test_ids_that_lead_nowhere_look_the_same(jobs: JobStore, job_id: str) -> None:
    with pytest.raises(JobNotFound):
        jobs.get(job_id, "public")


def test_somebody_elses_job_is_not_there(jobs: JobStore) -> None:
    job = added(jobs, owner="somebody")
    for call in (jobs.get, jobs.begin_deletion, jobs.next_retry):
        with pytest.raises(JobNotFound):
            call(job.job_id, "public")
    assert jobs.get(job.job_id, "somebody") == job


def test_an_expired_job_is_gone_before_ttl_takes_it(jobs: JobStore, account: Cloud) -> None:
    job = added(jobs, age=timedelta(days=1, seconds=1))
    with pytest.raises(JobNotFound):
        jobs.get(job.job_id, "public")
    with pytest.raises(JobNotFound):
        jobs.claim(job.job_id, LEASE)
    assert JobLists(account.jobs_table).newest("public", 10).jobs == ()


def test_a_claim_whose_lease_ran_out_is_taken_over_and_the_first_writes_nothing_back(jobs: JobStore) -> None:
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
def test_a_finished_job_stays_as_it_is(jobs: JobStore, finish: Callable[[JobStore, object], None]) -> None:
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


def test_a_job_deleted_meanwhile_is_not_written_back(jobs: JobStore) -> None:
    job = added(jobs)
    claim = jobs.claim(job.job_id, LEASE)
    jobs.begin_deletion(job.job_id, "public")
    with pytest.raises(ClaimLost) as lost:
        jobs.complete(claim, outcome())
    assert lost.value.is_deleted
    with pytest.raises(JobNotFound):
        jobs.get(job.job_id, "public")


def test_a_given_up_job_fails_unless_somebody_is_at_it(jobs: JobStore) -> None:
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


def test_only_a_failed_job_is_retried_and_once(jobs: JobStore) -> None:
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


def retry(jobs: JobStore, job: Job) -> None:
    jobs.begin_retry(job.job_id, jobs.next_retry(job.job_id, "public"))


def test_a_retry_that_has_begun_does_not_begin_again(jobs: JobStore) -> None:
    job = added(jobs)
    jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
    retry(jobs, job)
    jobs.fail(jobs.claim(job.job_id, LEASE), OURS)
    failed = jobs.get(job.job_id, "public")
    jobs.begin_retry(job.job_id, 1)
    assert jobs.get(job.job_id, "public") == failed


def keyed(fingerprint: str) -> IdempotentRequest:
    return IdempotentRequest("my-key", fingerprint)


def test_the_same_request_stores_one_job(jobs: JobStore) -> None:
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


def test_a_key_whose_job_has_expired_gives_a_job_of_its_own(jobs: JobStore) -> None:
    old, new = new_job(age=timedelta(days=2)), new_job()
    jobs.add(old, keyed("hash"))
    assert jobs.add(new, keyed("another hash")) == new
    assert new.job_id != old.job_id


@pytest.mark.parametrize("finish", [True, False], ids=["deleted", "deleting"])
def test_a_key_whose_job_was_deleted_gives_a_job_of_its_own(jobs: JobStore, finish: bool) -> None:
    old, new = new_job(), new_job()
    jobs.add(old, keyed("hash"))
    jobs.begin_deletion(old.job_id, "public")
    if finish:
        jobs.remove(old.job_id)
    assert jobs.add(new, keyed("another hash")) == new
    jobs.remove(old.job_id)
    assert jobs.add(new_job(), keyed("another hash")) == new, "the old job's deletion leaves the new record alone"


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
    [tombstone] = boto3.client("dynamodb").scan(TableName=account.jobs_table)["Items"]
    assert set(tombstone) == {"job_id", "owner", "owner_shard", "event_id", "status", "ttl"}, "ids, and when they go"
    with pytest.raises(JobNotFound):
        jobs.begin_deletion(job.job_id, "public")


@pytest.mark.parametrize("finish", [True, False], ids=["deleted", "deleting"])
def test_a_deletion_is_one_event_for_listeners_that_come_late(jobs: JobStore, account: Cloud, finish: bool) -> None:
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


def test_nothing_happens_to_a_deleted_job(jobs: JobStore) -> None:
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


def test_only_a_job_in_deletion_is_removed(jobs: JobStore) -> None:
    job = added(jobs)
    jobs.remove(job.job_id)
    assert jobs.get(job.job_id, "public") == job


def test_what_lies_in_the_image_is_not_retried(jobs: JobStore) -> None:
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


def lose_first_answer(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Let the SDK make this call twice, as it does when the response to the first attempt is lost."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def twice(client: BaseClient, name: str, parameters: dict[str, object]) -> object:
        if name == operation:
            make(client, name, parameters)
        return make(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", twice)


def test_a_job_is_added_although_the_answer_was_lost(jobs: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_first_answer(monkeypatch, "PutItem")
    job = new_job()
    assert jobs.add(job) == job


def test_a_claim_holds_although_the_answer_was_lost(jobs: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    job = added(jobs)
    with monkeypatch.context() as lossy:
        lose_first_answer(lossy, "UpdateItem")
        claim = jobs.claim(job.job_id, LEASE)
    jobs.complete(claim, outcome())
    assert jobs.get(job.job_id, "public").status is Status.COMPLETED


def form_job(unused: timedelta) -> Job:
    """Make a job whose form has so much time left, and which is kept for a day once it was used."""
    job = new_job()
    return job.model_copy(update={"expires_at": job.created_at + unused, "kept_until": job.expires_at})


def test_a_job_whose_form_was_never_used_is_gone_soon(jobs: JobStore, account: Cloud) -> None:
    job = jobs.add(form_job(timedelta(seconds=-1)), keyed("hash"))
    with pytest.raises(JobNotFound):
        jobs.get(job.job_id, "public")
    assert JobLists(account.jobs_table).newest("public", 10).jobs == ()
    assert jobs.add(new_job(), keyed("hash")).job_id != job.job_id


def test_an_upload_that_waited_long_is_not_lost(jobs: JobStore) -> None:
    waiting, abandoned, deleted = (jobs.add(form_job(timedelta(seconds=-1))) for _ in range(3))
    jobs.complete(jobs.claim(waiting.job_id, LEASE), outcome())
    jobs.fail_abandoned(abandoned.job_id, OURS)
    for job in (waiting, abandoned):
        assert jobs.get(job.job_id, "public").expires_at == job.kept_until
    jobs.begin_deletion(deleted.job_id, "public")
    with pytest.raises(JobNotFound):
        jobs.claim(deleted.job_id, LEASE)


def test_the_key_of_a_form_lasts_as_long_as_its_job(jobs: JobStore, account: Cloud) -> None:
    job = jobs.add(form_job(timedelta(minutes=-1)), keyed("hash"))
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome())
    assert jobs.add(new_job(), keyed("hash")).job_id == job.job_id


def test_ttl_is_the_second_of_expiry(jobs: JobStore, account: Cloud) -> None:
    job = added(jobs)
    assert raw_item(account, job.job_id)["ttl"] == {"N": str(int(job.expires_at.timestamp()))}


def test_times_sort_as_text() -> None:
    whole = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    times = [whole, whole + timedelta(microseconds=1), whole + timedelta(seconds=1)]
    assert sorted(map(time_text, times)) == [time_text(at) for at in times]


def test_an_item_is_a_job_again() -> None:
    job = new_job()
    assert from_item(to_item(job)) == job
