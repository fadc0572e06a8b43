"""A field of a job is declared once: what the API shows follows from it, and nothing is shown by accident."""

import pytest
from facelib.domain.job import Job, Shown
from facelib.messages.job_view import JobSummary, JobView

# Fields about the owner and processing, and those shown in another form.
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
