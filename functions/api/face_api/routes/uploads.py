"""`POST /uploads`: a form that uploads a larger image directly to the bucket."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from facelib.domain import limits
from facelib.domain.errors import JobConflict, StoreContended
from facelib.domain.job import Status
from facelib.messages.job_view import Links
from fastapi import APIRouter

from face_api.accept import Submission
from face_api.bounds import BODY_TOO_LARGE
from face_api.dependencies import IdempotencyKeyDep, ImagesDep, SettingsDep, SubmissionsDep
from face_api.models import UploadAccepted, UploadForm, UploadRequest
from face_api.principals import SenderDep
from face_api.problems import responses

router = APIRouter(tags=["images"])


@router.post(
    "/uploads",
    summary="Get a form for a larger image",
    status_code=HTTPStatus.CREATED,
    responses=responses(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
        examples={
            HTTPStatus.CONFLICT: "The job is completed, so it accepts no more uploads; send another image with a new "
            "Idempotency-Key.",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BODY_TOO_LARGE,
            HTTPStatus.SERVICE_UNAVAILABLE: str(StoreContended()),
        },
    ),
)
def post_upload(
    upload: UploadRequest,
    submissions: SubmissionsDep,
    images: ImagesDep,
    sender: SenderDep,
    settings: SettingsDep,
    idempotency_key: IdempotencyKeyDep = None,
) -> UploadAccepted:
    """Get a presigned POST: a form that accepts one image of up to 25 MiB, for 15 minutes."""
    content = (upload.content_type or "").encode()
    submission = Submission(sender, upload.chosen, content, idempotency_key)
    job = submissions.accept(submission, timedelta(seconds=limits.UNUSED_FORM_SECONDS)).job
    if job.status is not Status.PENDING:
        raise JobConflict(job, "so it accepts no more uploads; send another image with a new Idempotency-Key")
    expires_at = datetime.now(UTC) + timedelta(seconds=limits.PRESIGNED_UPLOAD_SECONDS)
    form = images.upload_form(job.job_id, upload.content_type)
    return UploadAccepted(
        job_id=job.job_id,
        upload=UploadForm(url=form.url, fields=form.fields),
        expires_at=expires_at,
        links=Links.of(job.job_id, settings.public_url),
    )
