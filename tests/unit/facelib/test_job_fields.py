"""Each field of a job is declared once, and its declaration determines whether the API and events show it."""

from typing import Annotated, get_args

import pytest
from face_notifier.details import EndedDetail
from facelib.domain.frozen import Frozen
from facelib.domain.job import Detection, Job, Shown
from facelib.messages import job_fields
from facelib.messages.events import JobCorrected, JobEnded
from facelib.messages.job_view import JobSummary, JobView

# Fields about the owner and processing, and fields that are shown in another form.
NOT_SHOWN = {"owner", "kept_until", "event_id", "original_etag", "faces", "renders"}


def test_the_api_shows_the_fields_that_are_marked_and_no_others() -> None:
    marked = [name for name, field in Job.model_fields.items() if any(isinstance(one, Shown) for one in field.metadata)]
    assert [*JobSummary.model_fields] == [*marked, "links"]
    assert set(Job.model_fields) == {*marked} | NOT_SHOWN
    assert [*JobView.model_fields] == [*marked, "links", "faces", "renders", "permitted_renders"]


@pytest.mark.parametrize("name", JobSummary.model_fields)
def test_every_field_is_in_every_response(name: str) -> None:
    schema = JobSummary.model_json_schema(mode="serialization")
    assert name in schema["required"]


def test_events_contain_only_the_listed_fields() -> None:
    """Consumers may keep events, so no field may be added to them by accident."""
    ended = {"type", "event_id", "job_id", "status", "processed_image_url", "completed_at"}
    assert set(JobEnded.model_fields) == ended | {"created_at", "face_count", "failure"}
    assert set(JobCorrected.model_fields) == set(JobEnded.model_fields) | {"corrected_at"}
    on_bus = {"event_id", "job_id", "owner", "completed_at", "expires_at", "job_url"}
    assert set(EndedDetail.model_fields) == on_bus | {"created_at", "source"}


def test_a_marked_field_is_added_to_the_events_that_it_is_marked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class CalmJob(Job):
        calmness: Annotated[float | None, Shown("From 0 to 100.", (61.5,), stream=True)] = None

    class Event(Frozen):
        """An event."""

        event_id: str

    before = job_fields.with_job_fields(lambda mark: mark.stream)(Event)
    monkeypatch.setattr(job_fields, "Job", CalmJob)
    on_stream = job_fields.with_job_fields(lambda mark: mark.stream)(Event)
    assert [*on_stream.model_fields] == [*before.model_fields, "calmness"]
    assert on_stream.model_json_schema()["properties"]["calmness"]["description"] == "From 0 to 100."
    assert "calmness" not in job_fields.with_job_fields(lambda mark: mark.bus)(Event).model_fields


def test_every_field_of_a_detection_is_also_a_field_of_the_job() -> None:
    for name, field in Detection.model_fields.items():
        of_job = Job.model_fields[name].annotation
        assert field.annotation in (of_job, *get_args(of_job))
