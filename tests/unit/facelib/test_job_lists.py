"""Lists contain every job of the owner once, in order, and no other owner's jobs."""

from datetime import timedelta
from itertools import chain, pairwise
from typing import Any

import pytest
from facelib.domain.errors import CursorInvalid, StoreThrottled
from facelib.domain.job import Failure, FailureReason, Job, Status
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.events import JobEnded, event_of
from facelib.stores import clients
from facelib.stores.jobs import events as job_events
from facelib.stores.jobs import lists as job_lists
from facelib.stores.jobs.events import JobEvents
from facelib.stores.jobs.lists import JobLists

from tests.support.account import Cloud
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early.")
LEASE = 30


@pytest.fixture
def lists(account: Cloud) -> JobLists:
    return JobLists(account.jobs_table)


def added(jobs: JobStore, **kind: object) -> Job:
    return jobs.add(new_job(**kind))  # type: ignore[arg-type]


def test_pages_contain_every_job_once_newest_first(jobs: JobStore, lists: JobLists) -> None:
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


def pages(lists: JobLists, size: int, status: Status | None = None) -> list[list[str]]:
    """Return the ids on each page."""
    page = lists.newest("public", size, None, status)
    ids = [[job.job_id for job in page.jobs]]
    while page.next_cursor:
        page = lists.newest("public", size, page.next_cursor, status)
        ids.append([job.job_id for job in page.jobs])
    return ids


def test_jobs_created_at_the_same_moment_are_each_listed_once(jobs: JobStore, lists: JobLists) -> None:
    moment = new_job().created_at
    ids = {jobs.add(new_job().model_copy(update={"created_at": moment})).job_id for _ in range(20)}
    listed = pages(lists, 3)
    assert [len(page) for page in listed] == [3] * 6 + [2]
    assert {job_id for page in listed for job_id in page} == ids


def test_the_number_of_shards_can_be_raised(account: Cloud) -> None:
    mine = [added(JobStore(account.jobs_table, n % 9 + 1), age=timedelta(seconds=n)).job_id for n in range(20)]
    assert list(chain.from_iterable(pages(JobLists(account.jobs_table, 9), 7))) == mine


def test_deleted_jobs_do_not_leave_gaps_in_a_page(jobs: JobStore, lists: JobLists) -> None:
    mine = [added(jobs, age=timedelta(seconds=n)).job_id for n in range(12)]
    for number, job_id in enumerate(mine):
        if number % 3:
            jobs.begin_deletion(job_id, "public")
        if number % 3 == 1:
            jobs.remove(job_id)
    assert pages(lists, 3) == [mine[:9:3], mine[9::3]]


def test_each_page_of_a_filtered_list_reads_a_limited_number_of_jobs(
    jobs: JobStore, lists: JobLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "_READ_AT_MOST", 5)
    oldest = [added(jobs, age=timedelta(seconds=n)).job_id for n in range(12)][-1]
    jobs.claim(oldest, LEASE)
    assert pages(lists, 3, Status.PROCESSING) == [[], [], [oldest]]


def test_jobs_too_large_for_one_request_are_read_in_several_requests(
    jobs: JobStore, lists: JobLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [added(jobs, age=timedelta(seconds=n)).job_id for n in range(4)]
    whole = clients.dynamodb().batch_get_item
    rest: list[int] = []

    def two_at_a_time(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        [(table, request)] = RequestItems.items()
        first, left = request["Keys"][:2], request["Keys"][2:]
        rest.append(len(left))
        response = whole(RequestItems={table: {**request, "Keys": first}})  # type: ignore[dict-item, misc]
        return {**response, "UnprocessedKeys": {table: {**request, "Keys": left}} if left else {}}

    monkeypatch.setattr(clients.dynamodb(), "batch_get_item", two_at_a_time)
    assert pages(lists, 10) == [mine]
    assert rest == [2, 0]


def test_a_throttled_table_is_retried_with_backoff(
    jobs: JobStore, lists: JobLists, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    added(jobs)
    reads: list[Any] = []

    def nothing(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        reads.append(RequestItems)
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr(clients.dynamodb(), "batch_get_item", nothing)
    with pytest.raises(StoreThrottled, match="try again"):
        lists.newest("public", 10)
    assert len(reads) == len(waits) + 1 == 10
    assert waits[0] < 0.06
    assert all(later > 0.99 * earlier for earlier, later in pairwise(waits[:5]))
    assert sum(waits) < 6


def test_a_list_omits_faces_and_filters_by_status(jobs: JobStore, lists: JobLists) -> None:
    done, _ = added(jobs), added(jobs)
    jobs.complete(jobs.claim(done.job_id, LEASE), outcome())
    [listed] = lists.newest("public", 10, status=Status.COMPLETED).jobs
    assert (listed.job_id, listed.face_count, listed.faces) == (done.job_id, 2, None)


@pytest.mark.parametrize("cursor", ["x", "eyJ9", "e30", "", "\N{SNOWMAN}", "W10"])
def test_an_invented_cursor_is_rejected(lists: JobLists, cursor: str) -> None:
    if cursor:
        with pytest.raises(CursorInvalid):
            lists.newest("public", 3, cursor)


def test_a_cursor_does_not_give_access_to_another_owners_list(jobs: JobStore, lists: JobLists) -> None:
    for n in range(3):
        added(jobs, owner="somebody", age=timedelta(minutes=n))
    cursor = lists.newest("somebody", 1).next_cursor
    assert lists.newest("public", 3, cursor).jobs == ()


def test_finished_jobs_are_in_the_order_they_ended(
    account: Cloud, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = JobEvents(account.jobs_table)
    order = [added(jobs) for _ in range(4)]
    for job in order[::-1]:
        jobs.fail(jobs.claim(job.job_id, LEASE), FAILURE)
    ended = events.latest("public", 3)
    assert [job.job_id for job in ended] == [job.job_id for job in order[::-1][1:]]
    assert ended[0].event_id is not None
    for page_size in (1, 100):
        monkeypatch.setattr(job_events, "_PAGE", page_size)
        after = events.after("public", ended[0].event_id)
        assert [job.job_id for job in after] == [job.job_id for job in ended[1:]]


@pytest.mark.parametrize("render", [Render.BOXES, Render.NONE])
def test_a_replayed_event_equals_the_one_that_was_broadcast(account: Cloud, jobs: JobStore, render: Render) -> None:
    """A job without a picture has no picture URL, either live or in a replay."""
    job = jobs.add(new_job(options=Options(render=(render,))))
    jobs.complete(jobs.claim(job.job_id, LEASE), outcome())
    [replayed] = JobEvents(account.jobs_table).latest("public", 1)
    broadcast = event_of(jobs.get(job.job_id, "public"), "https://api.example")
    assert event_of(replayed, "https://api.example") == broadcast
    assert isinstance(broadcast, JobEnded)
    assert (broadcast.processed_image_url is None) is (render is Render.NONE)
