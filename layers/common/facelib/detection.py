"""What one function asks of the detector directly, without a job."""

from typing import Literal

from pydantic import Base64Bytes

from facelib.job import Face, Failure, Frozen, ImageInfo


class DetectRequest(Frozen):
    """Bytes to look at, or the key of an object in the originals bucket."""

    action: Literal["detect"] = "detect"
    image: Base64Bytes | None = None
    key: str | None = None


class DetectReply(Frozen):
    """The image and the faces in it, or why it could not be looked at."""

    image: ImageInfo | None = None
    faces: tuple[Face, ...] = ()
    failure: Failure | None = None
