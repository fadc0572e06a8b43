"""Lists of jobs: every job once, in order, and nobody else's."""

from datetime import timedelta

import pytest
from facelib.errors import CursorInvalid
from facelib.job import Failure, FailureReason, Job, Status
from facelib.stores.job_lists import JobLists
from facelib.stores.jobs import JobStore

from tests.support.account import Cloud
from tests.support.jobs import new_job, outcome

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")
LEASE = 30


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


@pytest.fixture
def lists(account: Cloud) -> JobLists:
    return JobLists(account.jobs_table)


def added(jobs: JobStore, **kind: object) -> Job:
    return jobs.add(new_job(**kind))  # type: ignore[arg-type]


def test_pages_hold_every_job_once_newest_first(jobs: JobStore, lists: JobLists) -> None:
    mine = [added(jobs, age=timedelta(minutes=n)) for n in range(7)]
    added(jobs, owner="somebody")
    seen: list[str] = []
    cursor = None
    while True:
        page = lists.newest("public", 3, cursor)
        seen += [job.job_id for job in page.jobs]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [job.job_id for job in mine]


def test_a_list_leaves_the_faces_out_and_keeps_to_a_status(jobs: JobStore, lists: JobLists) -> None:
    done, _ = added(jobs), added(jobs)
    jobs.complete(jobs.claim(done.job_id, LEASE), outcome())
    [listed] = lists.newest("public", 10, status=Status.COMPLETED).jobs
    assert (listed.job_id, listed.face_count, listed.faces) == (done.job_id, 2, None)


@pytest.mark.parametrize("cursor", ["x", "eyJ9", "e30", "", "\N{SNOWMAN}", "W10"])
def test_a_cursor_that_nobody_gave(lists: JobLists, cursor: str) -> None:
    if cursor:
        with pytest.raises(CursorInvalid):
            lists.newest("public", 3, cursor)


def test_a_cursor_does_not_lead_into_somebody_elses_list(jobs: JobStore, lists: JobLists) -> None:
    for n in range(3):
        added(jobs, owner="somebody", age=timedelta(minutes=n))
    cursor = lists.newest("somebody", 1).next_cursor
    assert lists.newest("public", 3, cursor).jobs == ()


def test_jobs_that_ended_come_in_the_order_they_ended(jobs: JobStore, lists: JobLists) -> None:
    order = [added(jobs) for _ in range(4)]
    for job in order[::-1]:
        jobs.fail(jobs.claim(job.job_id, LEASE), FAILURE)
    ended = lists.latest_ended("public", 3)
    assert [job.job_id for job in ended] == [job.job_id for job in order[::-1][1:]]
    assert ended[0].event_id is not None
    after = lists.ended_after("public", ended[0].event_id)
    assert [job.job_id for job in after] == [job.job_id for job in ended[1:]]
