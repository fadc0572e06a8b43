"""Draws each result with the module for its render, and encodes it without metadata."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, Protocol

import cv2
import numpy as np
import simplejpeg
from facelib.domain.face import Face
from facelib.domain.options import Options
from facelib.domain.renders import Render, ResultType

from face_detector.imaging.pixels import Pixels

_JPEG_QUALITY: Final = 88
_WEBP_QUALITY: Final = 80


class Draw(Protocol):
    """Draws the faces on the given pixels and returns the result; a crop or a preview may be smaller.

    The pixels may be a scaled version of the image in which the faces were detected: use `Face.box_ratio`.
    """

    def __call__(self, pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels: ...


def drawing_of(render: Render) -> Draw:
    module: Any = import_module(f"face_detector.renders.{render}")
    draw: Draw = module.draw
    return draw


def encode(pixels: Pixels, render: Render) -> bytes:
    """Encode (height, width, 3) uint8 BGR pixels in the file format of this render, without metadata."""
    if render.media_type is ResultType.WEBP:
        return cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, _WEBP_QUALITY])[1].tobytes()
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _JPEG_QUALITY, "BGR", "420"))
