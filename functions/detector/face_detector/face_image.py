"""Cuts one face out of a picture."""

import math
from typing import Final

import cv2
import numpy as np
from facelib.domain import limits
from facelib.domain.face import Face, Landmarks, Point
from facelib.domain.job import ImageInfo

from face_detector.imaging.face_area import edges
from face_detector.imaging.pixels import Pixels, as_pixels

# Margin on each side of the box, as a multiple of its longer side: for hair and chin, and for rotated faces.
_MARGIN: Final = 0.25
_WHOLE: Final = 1 + 2 * _MARGIN


def side_needed(face: Face, image: ImageInfo) -> int:
    """Return the long side that a picture needs so that the image of this face has the maximum size."""
    share = _WHOLE * max(face.box.width, face.box.height) / max(image.width, image.height)
    return math.ceil(limits.FACE_IMAGE_SIDE / share)


def cut_out(pixels: Pixels, face: Face, *, align: bool) -> Pixels:
    """Return the square around a face, clipped to the picture; never enlarged.

    With `align`, the square is rotated so that the eyes are level and the mouth is below them; areas outside the
    picture are black.
    """
    left, top, right, bottom = edges(face, pixels)
    x, y = (left + right) / 2, (top + bottom) / 2
    side = _WHOLE * max(right - left, bottom - top)
    # Half the diagonal of the rotated square, and a pixel for rounding.
    reach = side / 2 * math.sqrt(2) + 1 if align else side / 2
    x0, y0, span = math.floor(x - reach), math.floor(y - reach), math.ceil(2 * reach)
    part = pixels[max(0, y0) : y0 + span, max(0, x0) : x0 + span]
    factor = min(1.0, limits.FACE_IMAGE_SIDE / (side if align else max(part.shape[:2])))
    if factor < 1:
        size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
        part = as_pixels(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    if not align:
        return np.ascontiguousarray(part)
    centre = ((x - max(0, x0)) * factor, (y - max(0, y0)) * factor)
    return _turned(part, centre, max(1, round(side * factor)), _tilt(face.landmarks))


def _turned(part: Pixels, centre: tuple[float, float], side: int, degrees: float) -> Pixels:
    """Rotate counter-clockwise around a point, and return the square around it."""
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, degrees, 1), np.float64)
    matrix[:, 2] += side / 2 - np.array(centre)
    return as_pixels(cv2.warpAffine(part, matrix, (side, side), flags=cv2.INTER_LINEAR))


def _tilt(marks: Landmarks) -> float:
    """Return the clockwise tilt of a face in degrees.

    The left eye is always the one further left in the picture, so the position of the mouth shows whether the face is
    upside down.
    """
    across = _between(marks.left_eye, marks.right_eye)
    down = _between(_middle(marks.left_eye, marks.right_eye), _middle(marks.mouth_left, marks.mouth_right))
    is_reversed = across[0] * down[1] - across[1] * down[0] < 0
    return math.degrees(math.atan2(across[1], across[0])) + (180 if is_reversed else 0)


def _between(one: Point, other: Point) -> tuple[float, float]:
    return other.x - one.x, other.y - one.y


def _middle(one: Point, other: Point) -> Point:
    return Point(x=(one.x + other.x) / 2, y=(one.y + other.y) / 2)
