"""`/jobs/{job_id}/corrections`: manual corrections of the areas that a job's results hide."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from facelib.domain.corrections import Corrections
from facelib.domain.errors import CorrectionsChanged
from facelib.domain.job import Job
from fastapi import APIRouter, Header, Response

from face_api.bounds import BODY_TOO_LARGE
from face_api.corrections import etag_of
from face_api.dependencies import JobsDep, OnDemandResultsDep
from face_api.models import CorrectionsOfJob
from face_api.principals import ManagerDep, ReaderDep
from face_api.problems import responses
from face_api.routes.jobs import JobId

router = APIRouter(prefix="/jobs", tags=["jobs"])

_VERSIONED: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.OK.value: {
        "headers": {
            "ETag": {"description": "The version of the corrections, for `If-Match`.", "schema": {"type": "string"}}
        }
    }
}


@router.get(
    "/{job_id}/corrections",
    summary="Get the corrections of a job",
    responses={**_VERSIONED, **responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)},
)
def get_corrections(job_id: JobId, jobs: JobsDep, response: Response, reader: ReaderDep) -> CorrectionsOfJob:
    """Get the manual corrections of a job; empty if there are none."""
    return _answer(jobs.get(job_id, reader.owner), response)


@router.put(
    "/{job_id}/corrections",
    summary="Correct what is hidden",
    responses={
        **_VERSIONED,
        **responses(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.PRECONDITION_FAILED,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
            examples={
                HTTPStatus.PRECONDITION_FAILED: str(CorrectionsChanged()),
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BODY_TOO_LARGE,
            },
        ),
    },
)
def put_corrections(
    job_id: JobId,
    corrections: Corrections,
    response: Response,
    results: OnDemandResultsDep,
    manager: ManagerDep,
    if_match: Annotated[
        str | None, Header(description="The `ETag` of the corrections to replace; 412 if they have changed.")
    ] = None,
) -> CorrectionsOfJob:
    """Hide missed areas, and show faces that were hidden by mistake. This works until the original is deleted.

    These corrections replace earlier ones. Every result that hides faces is redrawn before the response;
    results drawn later also use the corrections. The request can be repeated.
    """
    return _answer(results.correct(job_id, manager.owner, corrections, if_match), response)


def _answer(job: Job, response: Response) -> CorrectionsOfJob:
    response.headers["ETag"] = etag_of(job)
    corrections = job.corrections or Corrections()
    return CorrectionsOfJob(hide=corrections.hide, show=corrections.show, corrected_at=job.corrected_at)
