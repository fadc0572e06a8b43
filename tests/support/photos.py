"""Encoded test pictures, as a client would send them."""

import io
from typing import Final

import numpy as np
from PIL import Image

from tests.support.pictures import Picture, astronaut, compose, resized

NO_FACE: Final = np.full((300, 400, 3), 120, np.uint8)


def jpeg(picture: Picture, quality: int = 92) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.getvalue()


def one_face(side: int = 512) -> bytes:
    """Make a square photo of one face."""
    return jpeg(resized(astronaut(), side, side))


def three_faces() -> bytes:
    return jpeg(compose(900, 500, [(80, 120, 130), (380, 160, 150), (700, 200, 110)])[0])


def padded(photo: bytes, size: int) -> bytes:
    """Pad a JPEG to this length with bytes after its end, which decoders ignore."""
    assert len(photo) <= size
    return photo + b"\0" * (size - len(photo))
