"""`/jobs`: the status and the results of jobs."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from facelib.domain import limits
from facelib.domain.errors import RenderNotFound, StoreThrottled
from facelib.domain.job import EXAMPLE_ID, Job, Status
from facelib.domain.renders import Render
from facelib.messages.job_view import JobSummary, JobView, Links
from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse, RedirectResponse

from face_api.dependencies import (
    DeletionsDep,
    DetectQueueDep,
    ImagesDep,
    JobsDep,
    ListsDep,
    RetriesDep,
    SettingsDep,
)
from face_api.draw import completed
from face_api.models import JobAccepted, JobList, ResultAddress
from face_api.principals import ManagerDep, ReaderDep
from face_api.problems import responses

# Declared here, so that FastAPI does not describe validation errors in its own format.
router = APIRouter(prefix="/jobs", tags=["jobs"], responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))

JobId = Annotated[str, Path(description="A job's id.", examples=[EXAMPLE_ID])]


@router.get(
    "",
    summary="List jobs",
    responses=responses(
        HTTPStatus.SERVICE_UNAVAILABLE, examples={HTTPStatus.SERVICE_UNAVAILABLE: str(StoreThrottled())}
    ),
)
def list_jobs(
    lists: ListsDep,
    reader: ReaderDep,
    settings: SettingsDep,
    limit: Annotated[int, Query(ge=1, le=limits.LIST_LIMIT)] = limits.LIST_DEFAULT,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the previous page.")] = None,
    status: Annotated[Status | None, Query(description="Only jobs with this status.")] = None,
) -> JobList:
    """List jobs, newest first. A page may contain fewer than `limit` jobs and still have a `next_cursor`."""
    page = lists.newest(reader.owner, limit, cursor, status)
    return JobList(
        jobs=tuple(JobSummary.of(job, settings.public_url) for job in page.jobs), next_cursor=page.next_cursor
    )


@router.get("/{job_id}", summary="Get a job and its faces", responses=responses(HTTPStatus.NOT_FOUND))
def get_job(job_id: JobId, jobs: JobsDep, reader: ReaderDep, settings: SettingsDep) -> JobView:
    """Get a job: its status, and the faces once it is completed."""
    return JobView.of(jobs.get(job_id, reader.owner), settings.public_url)


@router.get(
    "/{job_id}/processed-image",
    summary="Get a result",
    status_code=HTTPStatus.FOUND,
    response_model=None,
    response_class=RedirectResponse,
    responses={
        HTTPStatus.OK.value: {
            "model": ResultAddress,
            "description": "The URL as JSON, if `Accept` requests it.",
        },
        HTTPStatus.FOUND.value: {
            "description": f"The URL of the result, valid for {limits.RESULT_URL_SECONDS // 60} minutes.",
            "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
        },
        **responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE),
    },
)
def get_processed_image(
    job_id: JobId,
    jobs: JobsDep,
    images: ImagesDep,
    reader: ReaderDep,
    render: Annotated[
        Render | None, Query(description="Which result; by default the first of the job's renders.")
    ] = None,
    # In OpenAPI, the media types of the responses describe this header.
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
) -> Response:
    """Get a result as a JPEG (`preview`: WebP) through a redirect, or its URL if `Accept` is `application/json`.

    409 until the job is completed, 410 if it failed.
    """
    job = completed(jobs.get(job_id, reader.owner))
    requested = render or next(iter(job.available), Render.NONE)
    if requested not in job.available:
        raise RenderNotFound(job)
    seconds = seconds_of_address(job)
    url = images.result_url(job_id, requested, seconds)
    # The URL must not outlive the job or be cached.
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if accept.partition(";")[0].strip().lower() == "application/json":
        address = ResultAddress(url=url, expires_at=datetime.now(UTC) + timedelta(seconds=seconds))
        return JSONResponse(address.model_dump(mode="json"), headers=headers)
    return RedirectResponse(url, HTTPStatus.FOUND, headers)


def seconds_of_address(job: Job) -> int:
    """Return the number of seconds for which a presigned URL may be valid: the URL must not outlive its job."""
    left = int((job.expires_at - datetime.now(UTC)).total_seconds())
    return min(limits.RESULT_URL_SECONDS, max(left, 1))


@router.post(
    "/{job_id}/retry",
    summary="Retry a failed job",
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        examples={
            HTTPStatus.CONFLICT: "The job is completed, so there is nothing to retry; only a failed job can be retried."
        },
    ),
)
def retry_job(
    job_id: JobId,
    retries: RetriesDep,
    images: ImagesDep,
    queue: DetectQueueDep,
    manager: ManagerDep,
    settings: SettingsDep,
) -> JobAccepted:
    """Process a failed job again, up to five times. Not possible if the image caused the failure."""
    retry = retries.next_number(job_id, manager.owner)
    # The message is sent first: a pending job without a message would never be processed.
    queue.send(images.created_event(job_id, retry))
    retries.begin(job_id, retry)
    return JobAccepted(job_id=job_id, status=Status.PENDING, links=Links.of(job_id, settings.public_url))


@router.delete(
    "/{job_id}",
    summary="Delete a job and its images",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(HTTPStatus.NOT_FOUND),
)
def delete_job(job_id: JobId, deletions: DeletionsDep, images: ImagesDep, manager: ManagerDep) -> Response:
    """Delete the original, all results and the record. An interrupted request can be repeated.

    If the image is still being processed, its outcome is discarded.
    """
    # The job is hidden first, so that no more results are stored for it, and its record is deleted last, so that a
    # failed deletion can be repeated.
    deletions.begin(job_id, manager.owner)
    images.delete(job_id)
    deletions.finish(job_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)
