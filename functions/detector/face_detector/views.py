"""How often, how large and in which parts a network looks at an image.

A network finds faces best that are some 20 to 300 px tall where it looks. So an image is looked at in several sizes,
and a face is taken from the views that suit its size. The numbers were measured: docs/decisions, topic quality.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from facelib.job import Quality

from face_detector.candidates import CONFIDENCE, Candidates
from face_detector.decode import Pixels
from face_detector.scale import scale_to


@dataclass(frozen=True)
class Plan:
    """Long sides of the views in pixels; the last follows the image up to `most`."""

    long_sides: tuple[int, ...]
    most: int
    enlarge: float

    def sizes(self, longest: int) -> list[int]:
        """Return the long sides for an image with this one, the largest first."""
        finest = min(max(self.long_sides[-1], min(longest, self.most)), round(longest * self.enlarge))
        chosen = [max(1, finest)]
        for side in reversed(self.long_sides[:-1]):
            # Two views of nearly the same size see the same faces.
            if side * _STEP <= chosen[-1]:
                chosen.append(side)
        return chosen


PLANS: Final = {
    Quality.FAST: Plan((640,), most=640, enlarge=1.0),
    Quality.BALANCED: Plan((320, 1024), most=1024, enlarge=2.0),
    Quality.THOROUGH: Plan((512, 1024, 2560), most=4096, enlarge=2.5),
}
_STEP: Final = 1.5
# A view larger than this is looked at in tiles, which bounds the memory that a network takes.
_TILE: Final = 1024
# A face up to this size is whole in at least one tile.
_TILE_OVERLAP: Final = 192
# Smaller faces than this, in pixels of a view, are left to the next larger view, which places them better.
_SMALLEST: Final = 24


@dataclass(frozen=True)
class View:
    """A part of the scaled image: `scale` times the size of the original, starting at left, top."""

    pixels: Pixels
    scale: float
    left: int
    top: int
    width: int
    height: int
    is_finest: bool

    @property
    def _is_tile(self) -> bool:
        return self.pixels.shape[:2] != (self.height, self.width)

    def keep(self, candidates: Candidates) -> Candidates:
        """Leave out candidates that another view sees better or that lie in no part of the image."""
        x, y, width, height = candidates[:, :4].T
        rows, columns = self.pixels.shape[:2]
        # A network may propose faces in the border that fills its input up.
        kept = (x + width / 2 >= 0) & (y + height / 2 >= 0) & (x + width / 2 < columns) & (y + height / 2 < rows)
        size = np.sqrt(np.maximum(width * height, 0))
        if not self.is_finest:
            kept &= size >= _SMALLEST
        if self._is_tile:
            kept &= size <= _TILE_OVERLAP
            kept &= (x > 0) | (self.left == 0)
            kept &= (y > 0) | (self.top == 0)
            kept &= (x + width < columns) | (self.left + columns == self.width)
            kept &= (y + height < rows) | (self.top + rows == self.height)
        return np.asarray(candidates[kept], np.float32)

    def to_image(self, candidates: Candidates) -> Candidates:
        """Move candidates of this view to their place in the image."""
        moved = candidates.copy()
        moved[:, [0, 5, 7, 9, 11, 13]] += self.left
        moved[:, [1, 6, 8, 10, 12, 14]] += self.top
        moved[:, :CONFIDENCE] /= self.scale
        moved[:, CONFIDENCE + 1 :] /= self.scale
        return moved


def views(pixels: Pixels, plan: Plan) -> Iterator[View]:
    """Yield every view of (height, width, 3) pixels that a plan asks for."""
    longest = max(pixels.shape[:2])
    sizes = plan.sizes(longest)
    for long_side in sizes:
        scaled = scale_to(pixels, long_side)
        height, width = scaled.shape[:2]
        for top in _starts(height):
            for left in _starts(width):
                tile = np.ascontiguousarray(scaled[top : top + _TILE, left : left + _TILE])
                yield View(tile, long_side / longest, left, top, width, height, long_side == sizes[0])


def _starts(length: int) -> list[int]:
    """Where tiles begin, evenly, so that neighbours overlap by at least `_TILE_OVERLAP`."""
    if length <= _TILE:
        return [0]
    count = -(-(length - _TILE_OVERLAP) // (_TILE - _TILE_OVERLAP))
    return [round(index * (length - _TILE) / (count - 1)) for index in range(count)]
