"""Photos to send, and their idempotency keys."""

import hashlib
import json
import mimetypes
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from facecast.errors import ServiceError
from facecast.models import Limits, Options


@dataclass(frozen=True)
class Photo:
    """An image's bytes, and the media type that its name suggests."""

    data: bytes = field(repr=False)
    media_type: str = "image/jpeg"

    @classmethod
    def of(cls, data: bytes, name: str) -> "Photo":
        guessed = mimetypes.guess_type(name)[0] or ""
        # The bucket's form accepts only image types; the detector looks at the bytes, not at the file's name.
        return cls(data, guessed if guessed.startswith("image/") else "image/jpeg")


Image = Photo | bytes | str | PathLike[str]


def read_photo(image: Image, limits: Limits) -> Photo:
    """Read an image. Raises OSError if the file cannot be read, and ServiceError if it is larger than allowed."""
    at_most = limits.presigned_upload_bytes
    if isinstance(image, Photo | bytes):
        photo = image if isinstance(image, Photo) else Photo(image)
    else:
        with Path(image).open("rb") as file:
            photo = Photo.of(file.read(at_most + 1), str(image))
    if len(photo.data) > at_most:
        raise ServiceError(f"The file is too large; the maximum is {at_most:,} bytes.")
    return photo


def idempotency_key(data: bytes, options: Options, salt: str = "") -> str:
    """Return the same key for the same image and options, so that sending them again does not create a second job."""
    digest = hashlib.sha256(json.dumps([options.given(), salt], sort_keys=True).encode())
    digest.update(data)
    return f"facecast-{digest.hexdigest()}"
