"""The event of a job, on the stream and in a replay."""

from datetime import UTC, datetime

from facelib.domain import limits
from facelib.domain.job import Job
from facelib.messages.events import JobCorrected, event_of, event_time, new_event_id, time_of_next_event
from facelib.stores.jobs.items import from_item, to_item

from infra.template import load
from tests.support.jobs import completed_job, corrected_job, failed_job

PUBLIC_URL = "https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com"
FUTURE = datetime(2126, 11, 24, 10, 0, 0, 999_999, UTC)


def in_the_index(job: Job) -> Job:
    """Return the job with only the fields that a replay reads from the index."""
    indexes = load()["Resources"]["JobsTable"]["Properties"]["GlobalSecondaryIndexes"]
    [by_event] = [one for one in indexes if one["IndexName"] == "by_event"]
    names = {"job_id", "event_id", *by_event["Projection"]["NonKeyAttributes"]}
    return from_item({name: value for name, value in to_item(job).items() if name in names})


def test_a_correction_has_the_fields_of_a_completed_job_and_the_time_of_correction() -> None:
    job = corrected_job()

    event = event_of(job, PUBLIC_URL)

    assert isinstance(event, JobCorrected)
    assert event.corrected_at == job.corrected_at
    before = event_of(completed_job(), PUBLIC_URL).model_dump()
    assert set(event.model_dump()) == {*before, "corrected_at"}
    assert event.processed_image_url == f"{PUBLIC_URL}/jobs/{job.job_id}/processed-image"
    assert len(event.model_dump_json().encode()) <= limits.EVENT_BYTES


def test_a_replay_has_the_same_events_as_the_stream() -> None:
    for job in (completed_job(), corrected_job(), failed_job()):
        assert event_of(in_the_index(job), PUBLIC_URL) == event_of(job, PUBLIC_URL)


def test_a_job_shows_its_last_correction_while_the_next_is_drawn() -> None:
    job = corrected_job()
    assert event_of(job.model_copy(update={"corrected_at": None}), PUBLIC_URL) == event_of(job, PUBLIC_URL)


def test_a_correction_sorts_after_the_jobs_end_even_if_the_clock_is_behind() -> None:
    job = completed_job()
    assert job.event_id
    at = time_of_next_event(job.model_copy(update={"event_id": new_event_id(FUTURE, job.job_id)}))
    assert at > FUTURE
    assert new_event_id(at, job.job_id) > new_event_id(FUTURE, job.job_id)
    assert time_of_next_event(job) > event_time(job.event_id)
