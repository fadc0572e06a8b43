"""`POST /jobs/{job_id}/renders`: one more result of a job, drawn on the first request."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Response

from face_api.bounds import BODY_TOO_LARGE
from face_api.dependencies import ImagesDep, OnDemandResultsDep
from face_api.models import RenderReady, RenderRequested
from face_api.principals import ReaderDep
from face_api.problems import responses
from face_api.routes.jobs import JobId, seconds_of_address

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.post(
    "/{job_id}/renders",
    summary="Draw one more result",
    status_code=HTTPStatus.CREATED,
    responses={
        HTTPStatus.OK.value: {"model": RenderReady, "description": "The result already existed."},
        **responses(
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
            examples={HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BODY_TOO_LARGE},
        ),
    },
)
def post_render(
    job_id: JobId,
    request: RenderRequested,
    response: Response,
    results: OnDemandResultsDep,
    images: ImagesDep,
    reader: ReaderDep,
) -> RenderReady:
    """Draw one more result and get its URL. This works until the original is deleted. The request can be repeated.

    The job's options apply: for another `blur_strength`, send the photo again. If the job was created to hide
    faces, results that could reveal them are refused (403); if only `solid` was requested, this includes `blur` and
    `pixelate`.
    """
    job, is_new = results.ensure(job_id, reader.owner, request.render)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    seconds = seconds_of_address(job)
    return RenderReady(
        render=request.render,
        url=images.result_url(job_id, request.render, seconds),
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
    )
