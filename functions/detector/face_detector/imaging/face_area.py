"""Where a face is in a picture, and the area around it that has to be hidden."""

import math
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from facelib.domain.face import Face

from face_detector.imaging.pixels import Pixels, as_pixels

# Enlargement of the box, around whose corners the ellipse is drawn.
_MARGIN: Final = 1.12
# Minimum cell in pixels, without which a face of 10 px would stay recognisable.
MIN_CELL: Final = 8.0
_BAND_ROWS: Final = 512
_COARSE: Final = 16


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
        part = self.part
        if cell >= 2 * _COARSE:
            # Where cells are whole numbers of pixels, OpenCV holds a table of all pixels in one, four bytes for each.
            coarse = (math.ceil(width / _COARSE), math.ceil(height / _COARSE))
            part = as_pixels(cv2.resize(part, coarse, interpolation=cv2.INTER_AREA))
        return as_pixels(cv2.resize(part, cells, interpolation=cv2.INTER_AREA))

    # In place and in bands, because a face may fill a picture of 110 megapixels.

    def fill(self, pixels: Pixels) -> None:
        """Enlarge the pixels over the whole area, smoothly."""
        cv2.resize(pixels, self.size, dst=self.part, interpolation=cv2.INTER_LINEAR)

    def fill_with_cells(self, cells: Pixels) -> None:
        """Enlarge each pixel to a rectangle of one colour."""
        width, height = self.size
        wide = cv2.resize(cells, (width, len(cells)), interpolation=cv2.INTER_NEAREST)
        rows = np.arange(height) * len(cells) // height
        for top in range(0, height, _BAND_ROWS):
            self.part[top : top + _BAND_ROWS] = wide[rows[top : top + _BAND_ROWS]]

    def fill_ellipse(self, pixels: Pixels) -> None:
        """Enlarge the pixels over the whole area, smoothly, and keep of it what is inside the ellipse."""
        width, height = self.size
        across, down = pixels.shape[1] / width, pixels.shape[0] / height
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for top in range(0, height, _BAND_ROWS):
            band = self.part[top : top + _BAND_ROWS]
            mask = np.zeros(band.shape[:2], np.uint8)
            centre = (self.centre[0], self.centre[1] - top)
            cv2.ellipse(mask, centre, self.half_axes, 0, 0, 360, 255, cv2.FILLED)
            # As cv2.resize, which cannot begin between two rows: centres of pixels are half a pixel from their edges.
            matrix = np.array([[across, 0, across / 2 - 0.5], [0, down, (top + 0.5) * down - 0.5]])
            size = (width, len(band))
            enlarged = cv2.warpAffine(pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            cv2.copyTo(enlarged, mask, band)
