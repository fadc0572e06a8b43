"""The contents of events match the committed schema, and are small."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from face_notifier.details import bus_event
from face_notifier.schema import schema, text
from facelib.domain.job import Job, Status
from facelib.domain.renders import Render
from facelib.messages.events import new_event_id
from facelib.settings import NotifierSettings
from facelib.stores.jobs.items import to_item
from facelib.stores.queues.event_bus import BusEvent
from facelib.stream.job_stream import job_of_record

from tests.support.jobs import completed_job, corrected_job, failed_job, new_job
from tests.support.stream import record

SETTINGS = NotifierSettings(
    event_bus="facecast",
    notify_queue_url="",
    failure_queue_url="",
    public_url="https://faces.example",
    results_bucket="results",
)
AT = datetime(2026, 11, 24, 20, 0, 1, tzinfo=UTC)
# EventBridge accepts 256 KB: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
MOST_BYTES = 256 * 1024
# What docs/events.md promises.
PROMISED_BYTES = 4 * 1024


def deletion(job: Job, old: Status = Status.COMPLETED) -> dict[str, Any]:
    deleted = job.model_copy(update={"status": Status.DELETING, "event_id": new_event_id(AT, job.job_id)})
    return record(deleted, old)


def event(change: dict[str, Any]) -> BusEvent:
    job = job_of_record(change)
    assert job
    return bus_event(job, SETTINGS)


def test_a_completed_job_lists_its_results() -> None:
    job = completed_job()

    made = event(record(job))

    detail = json.loads(made.detail)
    assert (made.detail_type, made.time) == ("Job Completed", job.completed_at)
    assert (detail["job_id"], detail["owner"], detail["face_count"]) == (job.job_id, "public", 1)
    assert detail["job_url"] == f"https://faces.example/jobs/{job.job_id}"
    assert detail["results"] == {
        "bucket": "results",
        "renders": {Render.BOXES: f"results/{job.job_id}/boxes.jpg"},
        "faces_json": None,
    }
    assert "faces" not in detail


def test_a_correction_has_the_fields_of_a_completed_job_and_the_time_of_correction() -> None:
    job = corrected_job()

    made = event(record(job, Status.COMPLETED, corrected=True))

    detail, before = json.loads(made.detail), json.loads(event(record(completed_job())).detail)
    assert (made.detail_type, made.time) == ("Job Corrected", job.corrected_at)
    assert set(detail) == {*before, "corrected_at"}
    assert datetime.fromisoformat(detail["corrected_at"]) == job.corrected_at
    assert detail["event_id"] == job.event_id


def test_the_event_of_a_failed_job_contains_the_reason() -> None:
    made = event(record(failed_job()))

    assert made.detail_type == "Job Failed"
    assert json.loads(made.detail)["failure"] == {"reason": "corrupt_image", "detail": "cut short"}


@pytest.mark.parametrize("old", [Status.PENDING, Status.PROCESSING, Status.COMPLETED, Status.FAILED])
def test_a_deletion_is_one_event_from_any_status(old: Status) -> None:
    job = completed_job()

    made = event(deletion(job, old))

    assert (made.detail_type, made.time) == ("Job Deleted", AT)
    assert json.loads(made.detail) == {
        "event_id": f"20261124T200001.000000Z-{job.job_id[:8]}",
        "job_id": job.job_id,
        "owner": "public",
        "deleted_at": "2026-11-24T20:00:01Z",
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(deletion(completed_job(), old=Status.DELETING), id="a repeated deletion"),
        pytest.param(record(completed_job(), old=Status.COMPLETED), id="no change of status"),
        pytest.param(record(corrected_job(), old=Status.COMPLETED), id="a render of a corrected job"),
        pytest.param(record(new_job(), old=Status.FAILED), id="a retry"),
        pytest.param({"dynamodb": {"NewImage": to_item(new_job())}}, id="a new job"),
        pytest.param({"dynamodb": {"OldImage": to_item(completed_job())}}, id="an expiry"),
        pytest.param(
            {"dynamodb": {"NewImage": {"job_id": {"S": "idempotency#1"}}}}, id="the record of an idempotency key"
        ),
    ],
)
def test_other_changes_of_a_job_are_not_events(change: dict[str, Any]) -> None:
    assert job_of_record(change) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: record(completed_job(1_000)),
        lambda: record(failed_job()),
        lambda: record(corrected_job(), Status.COMPLETED, corrected=True),
        lambda: deletion(completed_job()),
    ],
)
def test_an_event_is_small_however_many_faces_there_are(make: Callable[[], dict[str, Any]]) -> None:
    made = event(make())

    assert len(made.model_dump_json().encode()) < PROMISED_BYTES < MOST_BYTES


def test_every_detail_matches_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    correction = record(corrected_job(), Status.COMPLETED, corrected=True)
    for change in (record(completed_job()), record(failed_job()), correction, deletion(completed_job())):
        validator.validate(json.loads(event(change).detail))
    assert not validator.is_valid({"job_id": "1"})


def test_the_committed_schema_matches_the_models(repository: Path) -> None:
    assert (repository / "docs/eventbridge.schema.json").read_text() == text(), "run: make schemas"
