"""`render=none`: the faces as numbers, and no picture unless one is requested later."""

import pytest
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.events import JobEnded, event_of

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome
from tests.support.pictures import astronaut, encoded

PHOTO = encoded(astronaut()[:64, :64])


def test_there_is_no_picture_until_one_is_requested(api: Api, account: Cloud) -> None:
    jobs = JobStore(account.jobs_table)
    added = jobs.add(new_job("public", Options(render=(Render.NONE,))))
    jobs.complete(jobs.claim(added.job_id, 30), outcome())
    assert api.get(f"/jobs/{added.job_id}").json()["renders"] == []
    missing = api.get(f"/jobs/{added.job_id}/processed-image")
    assert missing.status_code == 404
    assert f"POST /jobs/{added.job_id}/renders" in missing.json()["detail"]
    event = event_of(jobs.get(added.job_id, "public"), "https://api.example")
    assert isinstance(event, JobEnded)
    assert event.processed_image_url is None


@pytest.mark.parametrize("render", ["none,boxes", "boxes,none"])
def test_none_cannot_be_combined_with_other_renders(api: Api, render: str) -> None:
    refused = api.post("/image", params={"render": render}, content=PHOTO)
    assert refused.status_code == 422
    assert "cannot be combined" in refused.json()["detail"]


def test_none_cannot_be_requested_as_an_additional_render(api: Api, account: Cloud) -> None:
    job = JobStore(account.jobs_table).add(new_job("public"))
    refused = api.post(f"/jobs/{job.job_id}/renders", json={"render": "none"})
    assert refused.status_code == 422
    assert "does not produce a picture" in refused.json()["detail"]


def test_a_preview_requested_later_shows_boxes() -> None:
    """There is no other render that it could show."""
    assert Options(render=(Render.NONE,)).source_of(Render.PREVIEW) is Render.BOXES
