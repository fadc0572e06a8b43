"""`GET /jobs/{job_id}/faces/{number}/image`: one face as a picture, which is drawn on request and not stored."""

from http import HTTPStatus
from typing import Annotated

from facelib.domain import limits
from facelib.domain.errors import FaceNotFound
from facelib.domain.renders import ResultType
from fastapi import APIRouter, Path, Query, Response

from face_api.dependencies import OnDemandResultsDep
from face_api.principals import ReaderDep
from face_api.problems import responses
from face_api.routes.jobs import JobId

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get(
    "/{job_id}/faces/{number}/image",
    summary="Get one face",
    response_class=Response,
    responses={
        HTTPStatus.OK.value: {
            "description": "The face, as a JPEG without metadata.",
            "content": {ResultType.JPEG.value: {"schema": {"type": "string", "format": "binary"}}},
        },
        **responses(
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
            examples={HTTPStatus.NOT_FOUND: str(FaceNotFound(3))},
        ),
    },
)
def get_face_image(
    job_id: JobId,
    number: Annotated[
        int,
        Path(
            ge=0,
            lt=limits.MAX_FACES,
            description="The index of the face in the job's `faces`, starting at 0.",
            examples=[0],
        ),
    ],
    results: OnDemandResultsDep,
    reader: ReaderDep,
    *,
    align: Annotated[
        bool, Query(description="Rotate the face so that the eyes are level; areas outside the photo are black.")
    ] = False,
) -> Response:
    """Get a square crop around one face, cut from the original. This works until the original is deleted.

    The square is at most 1,024 pixels wide and is never enlarged. 403 if the job was created to hide faces.
    """
    picture = results.face(job_id, reader.owner, number, align=align)
    return Response(picture, media_type=ResultType.JPEG)
