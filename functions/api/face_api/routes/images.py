"""`POST /image`: send an image in the request itself."""

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from facelib.domain import limits
from facelib.domain.access import Scope
from facelib.domain.errors import StoreContended
from facelib.domain.job import ImageFormat
from facelib.messages.job_view import JobView, Links
from facelib.stores.objects.images import MEDIA_TYPES
from fastapi import APIRouter, Header, Response

from face_api.accept import Submission, wait_for
from face_api.dependencies import IdempotencyKeyDep, JobsDep, SettingsDep, SubmissionsDep, WaitingDep
from face_api.models import JobAccepted
from face_api.option_text import option_parameters, option_properties
from face_api.principals import SenderDep
from face_api.problems import responses
from face_api.upload_body import FILE_FIELD, ReceivedImageDep

router = APIRouter(tags=["images"])

PreferDep = Annotated[
    str | None,
    Header(
        description=f"`wait=10` waits up to 10 seconds for the result; the maximum is {limits.WAIT_SECONDS} (RFC 7240)."
        " If too many requests are waiting, the response is an immediate 202 without `Preference-Applied`."
    ),
]

_BINARY: Final = {"type": "string", "format": "binary"}
REQUEST_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": f"At most {limits.DIRECT_UPLOAD_BYTES:,} bytes; `POST /uploads` accepts larger ones.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FILE_FIELD],
                "properties": {FILE_FIELD: _BINARY, **option_properties()},
            }
        },
        **{MEDIA_TYPES[image_format]: {"schema": _BINARY} for image_format in ImageFormat},
    },
}


@router.post(
    "/image",
    summary="Send an image",
    status_code=HTTPStatus.ACCEPTED,
    response_model=None,
    openapi_extra={"parameters": option_parameters(), "requestBody": REQUEST_BODY},
    responses={
        HTTPStatus.ACCEPTED.value: {"model": JobAccepted},
        HTTPStatus.OK.value: {"model": JobView, "description": "The job finished within the waiting time."},
        **responses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.SERVICE_UNAVAILABLE,
            examples={HTTPStatus.SERVICE_UNAVAILABLE: str(StoreContended())},
        ),
    },
)
def post_image(
    image: ReceivedImageDep,
    response: Response,
    jobs: JobsDep,
    submissions: SubmissionsDep,
    sender: SenderDep,
    settings: SettingsDep,
    waiting: WaitingDep,
    idempotency_key: IdempotencyKeyDep = None,
    prefer: PreferDep = None,
) -> JobAccepted | JobView:
    """Send an image, as the body or as the `file` of a form. Its result is also sent on the stream."""
    submission = Submission(sender, image.options, image.data, idempotency_key)
    accepted = submissions.accept(submission, timedelta(seconds=limits.UNSTORED_SECONDS))
    job = accepted.job
    if not job.status.is_final:
        submissions.store_image(submission, accepted, MEDIA_TYPES[image.format])
    links = Links.of(job.job_id, settings.public_url)
    response.headers["Location"] = links.self
    seconds = _seconds_to_wait(prefer)
    # A preference may be ignored (RFC 7240). `wait` is ignored if the key may send images but not see faces, or if the
    # maximum number of requests is already waiting: each of them occupies a function that others need.
    holds_nothing = seconds == 0 or job.status.is_final
    if seconds is not None and Scope.READ in sender.scopes and (holds_nothing or waiting.may_wait(seconds)):
        response.headers["Preference-Applied"] = f"wait={seconds}"
        job = wait_for(job, jobs, seconds)
        if job.status.is_final:
            response.status_code = HTTPStatus.OK
            return JobView.of(job, settings.public_url)
    return JobAccepted(job_id=job.job_id, status=job.status, links=links)


def _seconds_to_wait(prefer: str | None) -> int | None:
    match = re.search(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})", prefer or "", re.IGNORECASE)
    return min(int(match[1]), limits.WAIT_SECONDS) if match else None
