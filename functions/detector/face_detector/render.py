"""Results: the image with its faces boxed, blurred or pixelated, as JPEG without metadata."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import simplejpeg
from facelib.job import Face, Render

from face_detector.decode import Pixels

_JPEG_QUALITY: Final = 88
_LINE: Final = (80, 220, 60)
_INK: Final = (20, 40, 10)
_DOT: Final = (60, 200, 255)


def render(pixels: Pixels, faces: Sequence[Face], how: Render) -> Pixels:
    """Return a copy of (height, width, 3) uint8 BGR pixels with the faces drawn; faces are placed by `box_ratio`."""
    canvas = pixels.copy()
    if how is Render.BOXES:
        _draw_boxes(canvas, faces)
    else:
        _hide_faces(canvas, faces, how)
    return canvas


def encode(pixels: Pixels) -> bytes:
    """Encode (height, width, 3) uint8 BGR pixels as a JPEG that carries pixels and nothing else."""
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _JPEG_QUALITY, "BGR", "420"))


def _draw_boxes(canvas: Pixels, faces: Sequence[Face]) -> None:
    height, width = canvas.shape[:2]
    for face in faces:
        left, top, right, bottom = _corners(face, width, height)
        cv2.rectangle(canvas, (left, top), (right, bottom), _LINE, max(1, round(max(width, height) / 400)))


def _corners(face: Face, width: int, height: int) -> tuple[int, int, int, int]:
    ratio = face.box_ratio
    return (
        round(ratio.left * width),
        round(ratio.top * height),
        round((ratio.left + ratio.width) * width),
        round((ratio.top + ratio.height) * height),
    )


def _hide_faces(canvas: Pixels, faces: Sequence[Face], how: Render) -> None:
    height, width = canvas.shape[:2]
    for face in faces:
        left, top, right, bottom = _corners(face, width, height)
        part = canvas[top:bottom, left:right]
        if part.size:
            small = cv2.resize(part, (6, 6), interpolation=cv2.INTER_AREA)
            shape = cv2.INTER_NEAREST if how is Render.PIXELATE else cv2.INTER_LINEAR
            part[:] = cv2.resize(small, (right - left, bottom - top), interpolation=shape)
