"""Where a face is in a picture, and the area around it that has to be hidden."""

import math
from dataclasses import dataclass
from typing import Final, Self

import cv2
from facelib.face import Face

from face_detector.imaging.pixels import Pixels, as_pixels

# Enlargement of the box, around whose corners the ellipse is drawn.
_MARGIN: Final = 1.12
# Minimum cell in pixels, without which a face of 10 px would stay recognisable.
MIN_CELL: Final = 8.0


def edges(face: Face, canvas: Pixels) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a face in pixels of the canvas."""
    height, width = canvas.shape[:2]
    ratio = face.box_ratio
    left, top = ratio.left * width, ratio.top * height
    return left, top, left + ratio.width * width, top + ratio.height * height


@dataclass(frozen=True)
class HiddenArea:
    """The rectangle of a canvas that is hidden for a face, and the ellipse that fills it."""

    # A view of the canvas, clipped to it.
    part: Pixels
    # In pixels of the part, which the ellipse may leave.
    centre: tuple[int, int]
    half_axes: tuple[int, int]
    # The longer side of the face's box, in pixels of the canvas.
    face_side: float

    @classmethod
    def of(cls, face: Face, canvas: Pixels) -> Self | None:
        """Return the area of a face, or None for a face outside the canvas."""
        left, top, right, bottom = edges(face, canvas)
        x, y = (left + right) / 2, (top + bottom) / 2
        # An ellipse through the corners of a rectangle has its half sides times the square root of 2 as half axes.
        half_x = math.ceil((right - left) / 2 * _MARGIN * math.sqrt(2)) + 1
        half_y = math.ceil((bottom - top) / 2 * _MARGIN * math.sqrt(2)) + 1
        x0, y0 = max(0, math.floor(x - half_x)), max(0, math.floor(y - half_y))
        part = canvas[y0 : math.ceil(y + half_y), x0 : math.ceil(x + half_x)]
        if part.size == 0:
            return None
        return cls(part, (round(x) - x0, round(y) - y0), (half_x, half_y), max(right - left, bottom - top))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as OpenCV takes them."""
        return self.part.shape[1], self.part.shape[0]

    def cell(self, cells_along: float) -> float:
        """Return the side in pixels of a cell where so many fit along the longer side of the face."""
        return max(MIN_CELL, self.face_side / cells_along)

    def means(self, cell: float) -> Pixels:
        """Return the averages of cells of about this many pixels, at least one."""
        width, height = self.size
        cells = (max(1, round(width / cell)), max(1, round(height / cell)))
        return as_pixels(cv2.resize(self.part, cells, interpolation=cv2.INTER_AREA))

    def fill(self, pixels: Pixels, interpolation: int) -> None:
        """Enlarge the pixels over the whole area, in place, because a face may fill the largest picture."""
        cv2.resize(pixels, self.size, dst=self.part, interpolation=interpolation)
