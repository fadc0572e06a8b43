"""Requests that are sent to the detector function directly, without a job."""

from typing import Literal

from pydantic import ConfigDict

from facelib.job import Face, Failure, Frozen, ImageInfo


class DetectRequest(Frozen):
    """The bytes of an image, or the key of an object in the originals bucket."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    action: Literal["detect"] = "detect"
    image: bytes | None = None
    key: str | None = None


class DetectReply(Frozen):
    """The image and the faces in it, or why it could not be processed."""

    image: ImageInfo | None = None
    faces: tuple[Face, ...] = ()
    failure: Failure | None = None
