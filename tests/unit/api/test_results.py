"""Lists, jobs and results in process."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from facelib.domain.job import Failure, FailureReason
from facelib.domain.options import Options
from facelib.domain.renders import Render

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome

FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="It ends too early.")


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)


def completed(jobs: JobStore, options: Options | None = None) -> str:
    job = jobs.add(new_job(options=options))
    jobs.complete(jobs.claim(job.job_id, 30), outcome())
    return job.job_id


def test_a_job_contains_its_faces_and_links(api: Api, jobs: JobStore) -> None:
    job_id = completed(jobs)
    job = api.get(f"/jobs/{job_id}").json()
    assert (job["status"], job["face_count"], len(job["faces"])) == ("completed", 2, 2)
    assert job["links"] == {
        "self": f"https://api.example/jobs/{job_id}",
        "processed_image": f"https://api.example/jobs/{job_id}/processed-image",
    }


def test_jobs_are_listed_newest_first_page_by_page(api: Api, jobs: JobStore) -> None:
    ids = [completed(jobs) for _ in range(3)]
    first = api.get("/jobs", params={"limit": 2}).json()
    rest = api.get("/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [job["job_id"] for job in first["jobs"] + rest["jobs"]] == ids[::-1]
    assert rest["next_cursor"] is None
    assert "faces" not in first["jobs"][0]
    assert [job["job_id"] for job in api.get("/jobs", params={"status": "completed"}).json()["jobs"]] == ids[::-1]
    assert api.get("/jobs", params={"status": "failed"}).json()["jobs"] == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "nonsense"}, {"status": "lost"}])
def test_invalid_list_requests_are_refused(api: Api, query: dict[str, object]) -> None:
    assert api.get("/jobs", params=query).status_code == 422


def test_a_request_for_a_result_is_redirected_to_its_object(api: Api, jobs: JobStore) -> None:
    job_id = completed(jobs, Options(render=(Render.BLUR, Render.BOXES)))
    first = api.get(f"/jobs/{job_id}/processed-image")
    assert first.status_code == 302
    assert f"{job_id}/blur.jpg" in first.headers["location"]
    boxes = api.get(f"/jobs/{job_id}/processed-image", params={"render": "boxes"})
    assert f"{job_id}/boxes.jpg" in boxes.headers["location"]
    assert api.get(f"/jobs/{job_id}/processed-image", params={"render": "pixelate"}).status_code == 404


def test_a_failed_or_pending_job_has_no_result(api: Api, jobs: JobStore) -> None:
    pending = jobs.add(new_job()).job_id
    failed = jobs.add(new_job()).job_id
    jobs.fail(jobs.claim(failed, 30), FAILURE)
    assert api.get(f"/jobs/{pending}/processed-image").status_code == 409
    gone = api.get(f"/jobs/{failed}/processed-image")
    assert gone.status_code == 410
    assert FAILURE.detail in gone.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/processed-image"), ("POST", "/retry"), ("DELETE", "")],
)
def test_every_missing_job_gets_the_same_404(api: Api, jobs: JobStore, method: str, path: str) -> None:
    theirs = jobs.add(new_job(owner="somebody else")).job_id
    expired = jobs.add(new_job().model_copy(update={"expires_at": datetime.now(UTC)})).job_id
    responses = [
        api.request(method, f"/jobs/{job_id}{path}") for job_id in (str(uuid4()), "not-an-id", theirs, expired)
    ]
    assert {response.status_code for response in responses} == {404}
    assert len({response.json()["detail"] for response in responses}) == 1
