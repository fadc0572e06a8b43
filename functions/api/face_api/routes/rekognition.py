"""Amazon Rekognition's DetectFaces, for existing clients: boto3 works with this endpoint as with AWS.

The protocol is AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
The shapes are those of https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectFaces.html
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from facelib.domain import limits, object_keys
from facelib.domain.access import Principal, Scope
from facelib.domain.errors import DetectorBusy, JobNotFound, QuotaExceeded, ScopeMissing, Unauthenticated
from facelib.domain.face import Face
from facelib.domain.job import Failure, FailureReason, ImageInfo
from facelib.domain.validation import at_most, describe_errors
from facelib.messages.detector_requests import DetectReply, DetectRequest
from facelib.stores.access.usage import UsageStore
from facelib.stores.detector_client import DetectorClient
from facelib.stores.jobs.table import JobTable
from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import Base64Bytes, BaseModel, ConfigDict, ValidationError

from face_api.dependencies import DetectorDep, JobsDep, SettingsDep, UsageDep
from face_api.principals import IdentityDep, authorized

router = APIRouter(tags=["rekognition"])

MEDIA_TYPE: Final = "application/x-amz-json-1.1"
OPERATION: Final = "RekognitionService.DetectFaces"

EXCEPTION_OF: Final[Mapping[FailureReason, str]] = {
    FailureReason.EMPTY_FILE: "InvalidImageFormatException",
    FailureReason.UNSUPPORTED_FORMAT: "InvalidImageFormatException",
    FailureReason.CORRUPT_IMAGE: "InvalidImageFormatException",
    FailureReason.TOO_LARGE: "ImageTooLargeException",
    FailureReason.TOO_MANY_PIXELS: "ImageTooLargeException",
    # These two reasons occur only in the drop folder.
    FailureReason.INVALID_NAME: "InvalidParameterException",
    FailureReason.INVALID_OPTIONS: "InvalidParameterException",
    FailureReason.ORIGINAL_MISSING: "InvalidS3ObjectException",
    FailureReason.INTERNAL_ERROR: "InternalServerError",
}
_EXCEPTION_OF_ERROR: Final[Mapping[type[Exception], str]] = {
    Unauthenticated: "AccessDeniedException",
    ScopeMissing: "AccessDeniedException",
    QuotaExceeded: "LimitExceededException",
    # AWS's clients retry this error.
    DetectorBusy: "ThrottlingException",
}
_LANDMARKS: Final = {
    "left_eye": "eyeLeft",
    "right_eye": "eyeRight",
    "nose": "nose",
    "mouth_left": "mouthLeft",
    "mouth_right": "mouthRight",
}


# Counted to limit the number of values before parsing: JSON has one of these characters before each value, and base64
# has none. A request has about twenty values. Each further value would take time, because pydantic keeps an invalid
# value with its error, as Python objects.
_SEPARATORS: Final = b",[{"
_MOST_SEPARATORS: Final = 1_000


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RekognitionS3Object(_Model):
    Bucket: str
    Name: str


class RekognitionImage(_Model):
    Bytes: Base64Bytes | None = None
    S3Object: RekognitionS3Object | None = None


class DetectFacesRequest(_Model):
    Image: RekognitionImage
    # Amazon's API defines fewer than twenty.
    Attributes: Annotated[tuple[str, ...], at_most(20)] = ("DEFAULT",)


class _Refused(Exception):
    """An error in Rekognition's format."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@router.post(
    "/rekognition",
    summary="Detect faces as Amazon Rekognition does",
)
@router.post("/rekognition/", include_in_schema=False)
async def call_rekognition(
    request: Request,
    settings: SettingsDep,
    detector: DetectorDep,
    jobs: JobsDep,
    usage: UsageDep,
    identity: IdentityDep,
    x_amz_target: Annotated[str, Header(include_in_schema=False)] = "",
) -> JSONResponse:
    """Run DetectFaces with its DEFAULT attributes: boxes, confidences, landmarks, pose and quality.

    For existing clients: use this address as the endpoint, as in `boto3.client("rekognition",
    endpoint_url=".../rekognition", aws_session_token=KEY)`, and pass the key only if the service requires one. No job
    is created and nothing is stored. The photo is sent as `Bytes` of at most 3.3 MB, or as the original of a job that
    you may see.
    """
    if x_amz_target != OPERATION:
        message = "This service supports only the operation DetectFaces."
        return _error("UnknownOperationException", message)
    try:
        sender = authorized(identity, Scope.SEND)
        detect = _read(await request.body(), settings.originals_bucket)
        if detect.key is not None:
            reader = authorized(identity, Scope.READ)
            await run_in_threadpool(_check_object, detect.key, jobs, reader.owner)
        return _response(_details(await run_in_threadpool(_detect, detector, detect, usage, sender)))
    except _Refused as refused:
        return _error(refused.name, str(refused))
    except tuple(_EXCEPTION_OF_ERROR) as error:
        return _error(_EXCEPTION_OF_ERROR[type(error)], str(error))


def _detect(detector: DetectorClient, request: DetectRequest, usage: UsageStore, sender: Principal) -> DetectReply:
    day = usage.count(sender)
    try:
        return detector.detect(request)
    except DetectorBusy:
        usage.give_back(sender.owner, day)
        raise


def _error(name: str, message: str) -> JSONResponse:
    return _response({"__type": name, "Message": message}, 400)


def _response(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def _read(body: bytes, originals_bucket: str) -> DetectRequest:
    if sum(map(body.count, _SEPARATORS)) > _MOST_SEPARATORS:
        raise _Refused("InvalidParameterException", "The request is not a DetectFaces request: it has too many values.")
    try:
        call = DetectFacesRequest.model_validate_json(body)
    except ValidationError as error:
        problems = describe_errors(error)
        raise _Refused("InvalidParameterException", f"The request is not a DetectFaces request: {problems}") from None
    if not {"DEFAULT", "ALL"} >= set(call.Attributes):
        raise _Refused(
            "InvalidParameterException", "Attributes may be DEFAULT or ALL; ALL returns all supported attributes."
        )
    image, s3_object = call.Image.Bytes, call.Image.S3Object
    if (image is None) == (s3_object is None):
        raise _Refused("InvalidParameterException", "Image must contain either Bytes or an S3Object, not both.")
    if image is not None and len(image) > limits.REKOGNITION_BYTES:
        raise _Refused(
            "ImageTooLargeException",
            f"The image is {len(image):,} bytes; DetectFaces accepts at most {limits.REKOGNITION_BYTES:,}. "
            "Upload it with POST /uploads and pass it as S3Object.",
        )
    if s3_object is not None and s3_object.Bucket != originals_bucket:
        raise _Refused("InvalidS3ObjectException", f"Only objects in the bucket {originals_bucket} can be read.")
    return DetectRequest(image=image, key=s3_object.Name if s3_object else None)


def _check_object(key: str, jobs: JobTable, owner: str) -> None:
    """Refuse all object keys except originals of jobs that the caller may see."""
    try:
        jobs.get(object_keys.job_id_of_original(key) or "", owner)
    except JobNotFound:
        raise _Refused(
            "InvalidS3ObjectException",
            "Original not found. Set Name to originals/<job_id>; an original is kept no longer than its job.",
        ) from None


def _details(reply: DetectReply) -> dict[str, Any]:
    if reply.failure is not None:
        raise _refusal(reply.failure)
    assert reply.image is not None
    return {"FaceDetails": [face_detail(face, reply.image) for face in reply.faces]}


def _refusal(failure: Failure) -> _Refused:
    return _Refused(EXCEPTION_OF[failure.reason], failure.detail)


def face_detail(face: Face, image: ImageInfo) -> dict[str, Any]:
    ratio, pose, quality = face.box_ratio, face.pose, face.quality
    marks = ((kind, getattr(face.landmarks, name)) for name, kind in _LANDMARKS.items())
    return {
        "BoundingBox": {"Width": ratio.width, "Height": ratio.height, "Left": ratio.left, "Top": ratio.top},
        "Confidence": face.confidence * 100,
        "Landmarks": [{"Type": kind, "X": mark.x / image.width, "Y": mark.y / image.height} for kind, mark in marks],
        **({"Pose": {"Roll": pose.roll, "Yaw": pose.yaw, "Pitch": pose.pitch}} if pose else {}),
        "Quality": {"Brightness": quality.brightness, "Sharpness": quality.sharpness},
    }
