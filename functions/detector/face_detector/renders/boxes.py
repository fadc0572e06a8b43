"""Draws a box around every face, with its confidence."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.face_area import edges
from face_detector.imaging.pixels import Pixels

# BGR. The dark edge keeps the line visible on a bright or green background.
_LINE: Final = (96, 230, 60)
_EDGE: Final = (24, 48, 16)
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
# The height in pixels of a digit in this font at scale 1, and the smallest legible height.
_DIGIT_HEIGHT: Final = 21
_MIN_DIGIT_HEIGHT: Final = 7.0


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:  # noqa: ARG001 - every `draw` takes the same arguments
    """Draw the boxes in place."""
    # The most confident face is drawn last, so that its box and label are on top.
    for face in reversed(faces):
        _draw_box(pixels, face)
    return pixels


def _draw_box(canvas: Pixels, face: Face) -> None:
    left, top, right, bottom = (round(edge) for edge in edges(face, canvas))
    line = _line_width(canvas, right - left)
    cv2.rectangle(canvas, (left, top), (right, bottom), _EDGE, line + 2 * math.ceil(line / 4))
    cv2.rectangle(canvas, (left, top), (right, bottom), _LINE, line)
    _draw_label(canvas, f"{face.confidence:.0%}", left, top, right - left)


def _line_width(canvas: Pixels, face_width: int) -> int:
    """Return the width in pixels: proportional to the image, but limited so that a line does not cover a small face."""
    longest = int(max(canvas.shape))
    return round(max(1.0, min(max(2.0, longest / 400), face_width / 12)))


def _draw_label(canvas: Pixels, text: str, left: int, top: int, face_width: int) -> None:
    """Draw the label above the box, or inside it at the top of the image, unless it would cover the face."""
    digit = max(_MIN_DIGIT_HEIGHT, min(max(canvas.shape[:2]) / 60, face_width / 6))
    scale = digit / _DIGIT_HEIGHT
    weight = max(1, round(digit / 9))
    (width, height), _ = cv2.getTextSize(text, _FONT, scale, weight)
    if width > 1.3 * face_width:
        return
    pad = max(1, round(digit / 4))
    tall = height + 2 * pad
    left = max(0, min(left, canvas.shape[1] - width - 2 * pad))
    plate_top = top - tall if top >= tall else top
    cv2.rectangle(canvas, (left, plate_top), (left + width + 2 * pad, plate_top + tall), _LINE, cv2.FILLED)
    cv2.putText(canvas, text, (left + pad, plate_top + pad + height), _FONT, scale, _EDGE, weight, cv2.LINE_AA)
