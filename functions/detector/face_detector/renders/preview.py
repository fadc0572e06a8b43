"""Draws a small version of another render."""

from collections.abc import Sequence

import cv2
from facelib.domain import limits
from facelib.domain.face import Face
from facelib.domain.options import Options
from facelib.domain.renders import Render

from face_detector.drawing import drawing_of
from face_detector.imaging.pixels import Pixels
from face_detector.imaging.scale import scale_to


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:
    """Scale first, so that the other render draws on fewer pixels."""
    is_large = max(pixels.shape[:2]) > limits.PREVIEW_LONG_SIDE
    small = scale_to(pixels, limits.PREVIEW_LONG_SIDE, cv2.INTER_AREA) if is_large else pixels.copy()
    return drawing_of(options.source_of(Render.PREVIEW))(small, faces, options)
