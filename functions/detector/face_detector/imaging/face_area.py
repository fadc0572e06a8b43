"""Where a face is in a picture, and the area around it that has to be hidden."""

import math
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
import numpy.typing as npt
from facelib.domain.face import Face

from face_detector.imaging.pixels import Pixels, as_pixels

# A face's box is enlarged by this factor, and the ellipse is drawn through the corners of the enlarged box.
_MARGIN: Final = 1.12
# Minimum size of a cell in pixels; with smaller cells, a 10 px face would stay recognisable.
MIN_CELL: Final = 8.0
# Width of the soft edge outside the hidden area, as a share of the face's longer side, and its minimum in pixels.
_EDGE: Final = 0.1
_MIN_EDGE: Final = 2
_EDGE_STEPS: Final = 32
_OPAQUE: Final = 255
_BAND_ROWS: Final = 256
_COARSE: Final = 16


def edges(face: Face, canvas: Pixels) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom edges of a face, in pixels of the canvas."""
    height, width = canvas.shape[:2]
    ratio = face.box_ratio
    left, top = ratio.left * width, ratio.top * height
    return left, top, left + ratio.width * width, top + ratio.height * height


# (height, width) uint8, from 0 (visible) to 255 (hidden).
Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class HiddenArea:
    """Where a face is hidden on a canvas: a rectangle, or the ellipse inside it."""

    # Views of the canvas, clipped to it: the rectangle, and the rectangle with its soft edge.
    part: Pixels
    around: Pixels
    # The position of the rectangle's top left corner in the view with the soft edge.
    offset: tuple[int, int]
    # The ellipse, in pixels relative to the rectangle; it may extend beyond the rectangle.
    centre: tuple[int, int]
    half_axes: tuple[int, int]
    # The longer side of the face's box, in pixels of the canvas.
    face_side: float

    @classmethod
    def of(cls, face: Face, canvas: Pixels) -> Self | None:
        """Return the area of a face, or None for a face outside the canvas."""
        left, top, right, bottom = edges(face, canvas)
        x, y = (left + right) / 2, (top + bottom) / 2
        # The semi-axes of an ellipse through the corners of a rectangle are half its sides times the square root of 2.
        half_x = math.ceil((right - left) / 2 * _MARGIN * math.sqrt(2)) + 1
        half_y = math.ceil((bottom - top) / 2 * _MARGIN * math.sqrt(2)) + 1
        x0, y0 = max(0, math.floor(x - half_x)), max(0, math.floor(y - half_y))
        x1, y1 = math.ceil(x + half_x), math.ceil(y + half_y)
        part = canvas[y0:y1, x0:x1]
        if part.size == 0:
            return None
        side = max(right - left, bottom - top)
        edge = _edge_width(side)
        outer_x, outer_y = max(0, x0 - edge), max(0, y0 - edge)
        around = canvas[outer_y : y1 + edge, outer_x : x1 + edge]
        offset = (x0 - outer_x, y0 - outer_y)
        return cls(part, around, offset, (round(x) - x0, round(y) - y0), (half_x, half_y), side)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in OpenCV's order."""
        return self.part.shape[1], self.part.shape[0]

    def cell(self, cells_along: float) -> float:
        """Return the length in pixels of a cell's side, if this many cells fit along the face's longer side."""
        return max(MIN_CELL, self.face_side / cells_along)

    def means(self, cell: float) -> Pixels:
        """Return the average colours of cells whose sides are about `cell` pixels long; there is at least one cell."""
        width, height = self.size
        cells = (max(1, round(width / cell)), max(1, round(height / cell)))
        part = self.part
        if cell >= 4 * _COARSE:
            # Reduced by a whole factor first, because OpenCV does this several times as fast and without allocating a
            # table of four bytes for each pixel of a cell. A few pixels at the right and at the bottom are left out.
            coarse = (max(1, width // _COARSE), max(1, height // _COARSE))
            whole = part[: coarse[1] * _COARSE, : coarse[0] * _COARSE]
            part = as_pixels(cv2.resize(whole, coarse, interpolation=cv2.INTER_AREA))
        return as_pixels(cv2.resize(part, cells, interpolation=cv2.INTER_AREA))

    # The next two methods work in place and in bands, because a face may fill a 110-megapixel picture.

    def fill_with_cells(self, cells: Pixels) -> None:
        """Fill the rectangle, enlarging each of the given pixels to a cell of one colour."""
        width, height = self.size
        wide = cv2.resize(cells, (width, len(cells)), interpolation=cv2.INTER_NEAREST)
        rows = np.arange(height) * len(cells) // height
        for top in range(0, height, _BAND_ROWS):
            self.part[top : top + _BAND_ROWS] = wide[rows[top : top + _BAND_ROWS]]

    def fill(self, colours: Pixels, step: int, *, is_ellipse: bool) -> None:
        """Fill the ellipse or the rectangle, and blend the surrounding soft edge.

        `colours` has one pixel for every `step` x `step` pixels of the rectangle, and is enlarged smoothly.
        """
        margin = math.ceil(_edge_width(self.face_side) / step) + 1
        bordered = cv2.copyMakeBorder(colours, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        left, above = (margin * step - each for each in self.offset)
        for top in range(0, len(self.around), _BAND_ROWS):
            band = self.around[top : top + _BAND_ROWS]
            # Every pixel is between two rows of colours, so a band needs one more row on each side.
            start = above + top
            first, last = start // step - 1, math.ceil((start + len(band)) / step) + 1
            size = (bordered.shape[1] * step, (last - first) * step)
            enlarged = as_pixels(cv2.resize(bordered[first:last], size, interpolation=cv2.INTER_LINEAR))
            skipped = start - first * step
            hidden = enlarged[skipped : skipped + len(band), left : left + band.shape[1]]
            _blend(band, hidden, self._mask(band, top, is_ellipse=is_ellipse))

    def _mask(self, band: Pixels, top: int, *, is_ellipse: bool) -> Mask:
        """Return the opacity of each pixel in a band: full inside the area, decreasing with distance from it."""
        mask = np.zeros(band.shape[:2], np.uint8)
        edge = _edge_width(self.face_side)
        steps = min(edge, _EDGE_STEPS)
        for step in range(steps, -1, -1):
            share = 1 - step / (steps + 1)
            # The curve is flat at both ends, so that neither end is visible.
            opacity = round(_OPAQUE * share * share * (3 - 2 * share))
            self._draw(mask, top, math.floor(step * edge / steps), opacity, is_ellipse=is_ellipse)
        return mask

    def _draw(self, mask: Mask, top: int, outside: int, opacity: int, *, is_ellipse: bool) -> None:
        left, above = self.offset[0], self.offset[1] - top
        if is_ellipse:
            centre = (left + self.centre[0], above + self.centre[1])
            half_axes = (self.half_axes[0] + outside, self.half_axes[1] + outside)
            cv2.ellipse(mask, centre, half_axes, 0, 0, 360, opacity, cv2.FILLED)
            return
        width, height = self.size
        corners = (left - outside, above - outside), (left + width - 1 + outside, above + height - 1 + outside)
        cv2.rectangle(mask, *corners, opacity, cv2.FILLED)


def _edge_width(face_side: float) -> int:
    return max(_MIN_EDGE, round(_EDGE * face_side))


def _blend(band: Pixels, hidden: Pixels, mask: Mask) -> None:
    """Mix the hidden pixels into the band, according to their opacity."""
    opacity = cv2.merge([mask] * band.shape[2])
    kept = cv2.multiply(band, cv2.bitwise_not(opacity), scale=1 / _OPAQUE)
    cv2.add(cv2.multiply(hidden, opacity, scale=1 / _OPAQUE), kept, dst=band)
