"""Blurs every face, so that only the averages of a few cells can be restored."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.face_area import MIN_CELL, HiddenArea
from face_detector.imaging.pixels import Pixels, as_pixels

# Number of cells along the longer side of a face, for each `blur_strength` (1 to 5; docs/decisions/0007-hiding.md).
_CELLS: Final = (3.0, 2.5, 2.0, 1.4, 1.0)
# With fewer cells, an ellipse of one colour looks like a head, and is itself detected as a face.
_MIN_ELLIPSE_CELLS: Final = 2.0
# At most this many pixels lie between two calculated colours, so that an area can be filled in narrow bands.
_MAX_STEP: Final = 32


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:
    """Blur the faces in place."""
    for area in filter(None, (HiddenArea.of(face, pixels) for face in reversed(faces))):
        _blur(area, _CELLS[options.blur_strength - 1])
    return pixels


def _blur(area: HiddenArea, cells_along: float) -> None:
    cell = area.cell(cells_along)
    # The averages are smoothed at the resolution of the smallest cells, to save time and memory.
    step = min(_MAX_STEP, int(cell / MIN_CELL))
    kernel = math.ceil(2 * cell / step)
    width, height = area.size
    size = (math.ceil(width / step), math.ceil(height / step))
    means = cv2.resize(area.means(cell), size, interpolation=cv2.INTER_LINEAR)
    colours = as_pixels(cv2.blur(means, (kernel, kernel)))
    area.fill(colours, step, is_ellipse=cells_along >= _MIN_ELLIPSE_CELLS)
