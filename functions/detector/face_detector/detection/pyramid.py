"""The scales of an image in which a network is run, and the tiles of the large ones.

A network finds faces best that are some 20 to 300 px tall in what it is shown. So an image is shown in several scales,
and a face is taken from those that suit its size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from face_detector.detection.detections import Detections
from face_detector.imaging.pixels import Pixels
from face_detector.imaging.scale import scale_to

# Two scales that differ by less show the same faces.
_MIN_STEP: Final = 1.5
# A scale larger than this is shown in tiles, which bounds the memory that a network takes.
_TILE_SIDE: Final = 1024
# A face up to this size is whole in at least one tile.
_TILE_OVERLAP: Final = 192
# Smaller faces, in pixels of a scale, are left to the next larger scale, which places them better.
_MIN_FACE_SIDE: Final = 24


@dataclass(frozen=True)
class Tile:
    """A part of the image at `scale`, starting at left, top; width and height are those of the whole at that scale."""

    pixels: Pixels
    scale: float
    left: int
    top: int
    width: int
    height: int
    is_finest: bool

    @property
    def _is_whole(self) -> bool:
        return self.pixels.shape[:2] == (self.height, self.width)

    def filter(self, detections: Detections) -> Detections:
        """Leave out faces that another scale or tile shows better, and those outside the image."""
        x, y, width, height = detections.boxes.T
        rows, columns = self.pixels.shape[:2]
        # A network may find faces in the border that fills its input up.
        fits = (x + width / 2 >= 0) & (y + height / 2 >= 0) & (x + width / 2 < columns) & (y + height / 2 < rows)
        if not self.is_finest:
            fits &= detections.sizes >= _MIN_FACE_SIDE
        if not self._is_whole:
            fits &= detections.sizes <= _TILE_OVERLAP
            fits &= (x > 0) | (self.left == 0)
            fits &= (y > 0) | (self.top == 0)
            fits &= (x + width < columns) | (self.left + columns == self.width)
            fits &= (y + height < rows) | (self.top + rows == self.height)
        return detections.filtered(fits)

    def to_image(self, detections: Detections) -> Detections:
        """Turn pixels of this tile into pixels of the image."""
        return detections.translated(self.left, self.top).scaled(1 / self.scale, 1 / self.scale)


@dataclass(frozen=True)
class Pyramid:
    """Long sides of the scales in pixels, ascending; the last follows the image up to `max_side`."""

    long_sides: tuple[int, ...]
    max_side: int
    max_upscale: float = 1.0

    def sizes(self, longest: int) -> list[int]:
        """Return the long sides for an image with this one, the largest first."""
        finest = min(max(self.long_sides[-1], min(longest, self.max_side)), round(longest * self.max_upscale))
        chosen = [max(1, finest)]
        for side in reversed(self.long_sides[:-1]):
            if side * _MIN_STEP <= chosen[-1]:
                chosen.append(side)
        return chosen

    def tiles(self, pixels: Pixels) -> Iterator[Tile]:
        """Yield every tile of every scale, the finest first."""
        longest = max(pixels.shape[:2])
        sizes = self.sizes(longest)
        for long_side in sizes:
            scaled = scale_to(pixels, long_side)
            height, width = scaled.shape[:2]
            for top in _tile_offsets(height):
                for left in _tile_offsets(width):
                    part = np.ascontiguousarray(scaled[top : top + _TILE_SIDE, left : left + _TILE_SIDE])
                    yield Tile(part, long_side / longest, left, top, width, height, long_side == sizes[0])


def _tile_offsets(length: int) -> list[int]:
    """Return where tiles begin, evenly, so that neighbours overlap by at least `_TILE_OVERLAP`."""
    if length <= _TILE_SIDE:
        return [0]
    count = -(-(length - _TILE_OVERLAP) // (_TILE_SIDE - _TILE_OVERLAP))
    return [round(index * (length - _TILE_SIDE) / (count - 1)) for index in range(count)]
