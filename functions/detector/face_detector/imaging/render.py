"""Renders: the image with its faces boxed, blurred, pixelated or covered, as JPEG or WebP without metadata."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
import simplejpeg
from facelib import limits
from facelib.face import Face
from facelib.options import Render

from face_detector.imaging.pixels import Pixels, as_pixels

_JPEG_QUALITY: Final = 88
_WEBP_QUALITY: Final = 80

# BGR. The dark edge keeps the line visible on a bright or green background.
_LINE: Final = (96, 230, 60)
_EDGE: Final = (24, 48, 16)
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
# Pixels: the height of a digit of this font at scale 1, and the smallest legible height.
_DIGIT_HEIGHT: Final = 21
_MIN_DIGIT_HEIGHT: Final = 7.0

# Cells along the longer side of a face, by `blur_strength` from 1 on. With six, as mosaics often have, the detectors
# still detected every other face (docs/decisions/0007-hiding.md).
_CELLS: Final[Mapping[Render, tuple[float, ...]]] = {
    Render.BLUR: (3.0, 2.5, 2.0, 1.4, 1.0),
    Render.PIXELATE: (2.5, 1.6, 1.25, 1.0, 0.5),
}
# With fewer cells, an ellipse has one colour and the outline of a head, which is detected as a face.
_MIN_ELLIPSE_CELLS: Final = 2.0
# BGR. It must not come from the image: an average of a face is still an average of that face.
_COVER: Final = (0, 0, 0)
# Minimum cell in pixels, without which a face of 10 px would stay recognisable.
_MIN_CELL: Final = 8.0
# Enlargement of the box, around whose corners the ellipse is drawn.
_MARGIN: Final = 1.12


def render(pixels: Pixels, faces: Sequence[Face], how: Render, strength: int = limits.BLUR_STRENGTH_DEFAULT) -> Pixels:
    """Return a copy of the pixels with the faces drawn, and the pixels themselves where nothing is drawn.

    The pixels may be a scaled version of the image the faces were detected in: `box_ratio` locates them. The strength
    is `Options.blur_strength`.
    """
    if how is Render.PLAIN:
        return pixels
    canvas = pixels.copy()
    # The most confident last, so that its box and label are on top.
    for face in reversed(faces):
        if how is Render.BOXES:
            _draw_box(canvas, face)
        else:
            _redact(canvas, face, how, strength)
    return canvas


def encode(pixels: Pixels) -> bytes:
    """Encode as a JPEG without metadata."""
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _JPEG_QUALITY, "BGR", "420"))


def encode_preview(pixels: Pixels) -> bytes:
    """Encode (height, width, 3) uint8 BGR pixels as a WebP that carries pixels and nothing else."""
    return cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, _WEBP_QUALITY])[1].tobytes()


def _edges(face: Face, canvas: Pixels) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a face in pixels of the canvas."""
    height, width = canvas.shape[:2]
    ratio = face.box_ratio
    left, top = ratio.left * width, ratio.top * height
    return left, top, left + ratio.width * width, top + ratio.height * height


def _draw_box(canvas: Pixels, face: Face) -> None:
    left, top, right, bottom = (round(edge) for edge in _edges(face, canvas))
    line = _line_width(canvas, right - left)
    cv2.rectangle(canvas, (left, top), (right, bottom), _EDGE, line + 2 * math.ceil(line / 4))
    cv2.rectangle(canvas, (left, top), (right, bottom), _LINE, line)
    _draw_label(canvas, f"{face.confidence:.0%}", left, top, right - left)


def _line_width(canvas: Pixels, face_width: int) -> int:
    """Return pixels: proportional to the image, but thin enough not to cover a small face."""
    longest = int(max(canvas.shape))
    return round(max(1.0, min(max(2.0, longest / 400), face_width / 12)))


def _draw_label(canvas: Pixels, text: str, left: int, top: int, face_width: int) -> None:
    """Draw above the box, or inside it at the top of the image; nothing where the label would cover the face."""
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


def _redact(canvas: Pixels, face: Face, how: Render, strength: int) -> None:
    """Cover a face, or replace it by the averages of a few cells, so that nothing finer can be restored."""
    left, top, right, bottom = _edges(face, canvas)
    x, y = (left + right) / 2, (top + bottom) / 2
    # An ellipse through the corners of a rectangle has its half sides times the square root of 2 as half axes.
    half_x = math.ceil((right - left) / 2 * _MARGIN * math.sqrt(2)) + 1
    half_y = math.ceil((bottom - top) / 2 * _MARGIN * math.sqrt(2)) + 1
    x0, y0 = max(0, math.floor(x - half_x)), max(0, math.floor(y - half_y))
    # A NumPy view, clipped to the image.
    part = canvas[y0 : math.ceil(y + half_y), x0 : math.ceil(x + half_x)]
    if part.size == 0:
        return
    if how is Render.SOLID:
        # The whole rectangle, as for a mosaic.
        part[:] = _COVER
        return
    cells_along = _CELLS[how][strength - 1]
    cell = max(_MIN_CELL, max(right - left, bottom - top) / cells_along)
    if how is Render.PIXELATE:
        # The whole rectangle: a mosaic cut to an ellipse has the outline of a head, which is detected as a face.
        _enlarge(_means(part, cell), part, cv2.INTER_NEAREST)
        return
    smooth = _smoothed(_means(part, cell), part, cell)
    if cells_along < _MIN_ELLIPSE_CELLS:
        _enlarge(smooth, part, cv2.INTER_LINEAR)
        return
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.ellipse(mask, (round(x) - x0, round(y) - y0), (half_x, half_y), 0, 0, 360, 255, cv2.FILLED)
    cv2.copyTo(cv2.resize(smooth, _size(part), interpolation=cv2.INTER_LINEAR), mask, part)


def _size(pixels: Pixels) -> tuple[int, int]:
    """Return width and height, as OpenCV takes them."""
    return pixels.shape[1], pixels.shape[0]


def _means(part: Pixels, cell: float) -> Pixels:
    """Return the averages of cells of about this many pixels, at least one."""
    width, height = _size(part)
    cells = (max(1, round(width / cell)), max(1, round(height / cell)))
    return as_pixels(cv2.resize(part, cells, interpolation=cv2.INTER_AREA))


def _enlarge(pixels: Pixels, part: Pixels, interpolation: int) -> None:
    """Overwrite a part of the canvas, in place, because a face may fill an image of 50 megapixels."""
    cv2.resize(pixels, _size(part), dst=part, interpolation=interpolation)


def _smoothed(means: Pixels, part: Pixels, cell: float) -> Pixels:
    """Blur the averages of cells, at the resolution of the smallest cells to save time and memory."""
    scale = min(1.0, _MIN_CELL / cell)
    width, height = _size(part)
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    kernel = math.ceil(2 * cell * scale)
    return as_pixels(cv2.blur(cv2.resize(means, small, interpolation=cv2.INTER_LINEAR), (kernel, kernel)))
