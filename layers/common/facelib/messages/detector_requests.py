"""Requests that the API sends directly to the detector function, and their replies."""

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict

from facelib.domain.corrections import Corrections
from facelib.domain.face import Face
from facelib.domain.frozen import Frozen
from facelib.domain.job import Failure, ImageInfo
from facelib.domain.renders import Render


class DetectRequest(Frozen):
    """The bytes of an image, or the key of an object in the originals bucket."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    action: Literal["detect"] = "detect"
    image: bytes | None = None
    key: str | None = None


class DetectReply(Frozen):
    """The image and the faces in it, or the reason why the image could not be processed."""

    image: ImageInfo | None = None
    faces: tuple[Face, ...] = ()
    failure: Failure | None = None


class RenderRequest(Frozen):
    """One more result of a completed job."""

    action: Literal["render"] = "render"
    job_id: str
    render: Render


class CorrectRequest(Frozen):
    """New corrections of a completed job, which replace the previous ones."""

    action: Literal["correct"] = "correct"
    job_id: str
    before: Corrections | None
    corrections: Corrections


class RenderOutcome(StrEnum):
    STORED = "stored"
    # The job was deleted or has expired in the meantime; its objects were removed.
    JOB_GONE = "job_gone"
    ORIGINAL_GONE = "original_gone"
    # Another caller has corrected the job in the meantime.
    CHANGED = "changed"


class RenderReply(Frozen):
    outcome: RenderOutcome


class FaceRequest(Frozen):
    """One face of a completed job as a picture, which is not stored."""

    action: Literal["face"] = "face"
    job_id: str
    number: int
    align: bool


class FaceReply(Frozen):
    """The picture, or the reason why it could not be drawn."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    image: bytes | None = None
    outcome: RenderOutcome | None = None
