"""Image pyramids: the scales at which a network runs, and the tiles of large scales.

A network is best at faces that are 20 to 300 px tall in its input, so it runs at several scales, and each scale
contributes the faces that suit it. A scale is identified by the image's long side in pixels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from face_detector.detection.detections import Detections
from face_detector.imaging.pixels import Pixels
from face_detector.imaging.scale import scale_to

# Scales that are closer together than this detect the same faces.
_MIN_STEP: Final = 1.5
# Larger scales are split into tiles, which limits the memory of a network.
_TILE_SIDE: Final = 1024
# Every face up to this size is completely inside one tile.
_TILE_OVERLAP: Final = 192
# Faces that are smaller than this in the scaled image, in pixels, are taken only from the finest scale.
_MIN_FACE_SIDE: Final = 24


@dataclass(frozen=True)
class Tile:
    """A part of a scaled image, starting at `left` and `top`. The whole scaled image is `width` by `height` pixels."""

    pixels: Pixels
    left: int
    top: int
    width: int
    height: int

    @property
    def _is_whole(self) -> bool:
        return self.pixels.shape[:2] == (self.height, self.width)

    def filter(self, detections: Detections) -> Detections:
        """Drop faces outside the image, and those that another tile shows more completely."""
        x, y, width, height = detections.boxes.T
        rows, columns = self.pixels.shape[:2]
        # A network may detect faces in the padding of its input.
        fits = (x + width / 2 >= 0) & (y + height / 2 >= 0) & (x + width / 2 < columns) & (y + height / 2 < rows)
        if not self._is_whole:
            fits &= detections.sizes <= _TILE_OVERLAP
            fits &= (x > 0) | (self.left == 0)
            fits &= (y > 0) | (self.top == 0)
            fits &= (x + width < columns) | (self.left + columns == self.width)
            fits &= (y + height < rows) | (self.top + rows == self.height)
        return detections.filtered(fits)

    def to_scale(self, detections: Detections) -> Detections:
        """Map pixels of this tile to pixels of the image at the same scale."""
        return detections.translated(self.left, self.top)


def tiles(pixels: Pixels, long_side: int) -> Iterator[Tile]:
    """Yield the tiles of the image at one scale."""
    scaled = scale_to(pixels, long_side)
    height, width = scaled.shape[:2]
    for rows in _tile_ranges(height):
        for columns in _tile_ranges(width):
            yield Tile(np.ascontiguousarray(scaled[rows, columns]), columns.start, rows.start, width, height)


def best_scales(scales: Mapping[int, Detections], longest: int) -> dict[int, Detections]:
    """Keep small faces only from the finest scale, which localises them best; `longest` is the image's long side."""
    finest = max(scales)
    return {
        side: found if side == finest else found.filtered(found.sizes * (side / longest) >= _MIN_FACE_SIDE)
        for side, found in scales.items()
    }


@dataclass(frozen=True)
class Pyramid:
    """The ascending long sides of the scales in pixels; the last one grows with the image up to `max_side`."""

    long_sides: tuple[int, ...]
    max_side: int
    max_upscale: float = 1.0

    def sizes(self, longest: int) -> list[int]:
        """Return the long sides of the scales for an image of this long side, in descending order."""
        finest = min(max(self.long_sides[-1], min(longest, self.max_side)), round(longest * self.max_upscale))
        chosen = [max(1, finest)]
        for side in reversed(self.long_sides[:-1]):
            if side * _MIN_STEP <= chosen[-1]:
                chosen.append(side)
        return chosen


def _tile_ranges(length: int) -> list[slice]:
    """Return evenly spaced tiles that overlap by at least `_TILE_OVERLAP`, and as few of them as possible."""
    count = max(1, -(-(length - _TILE_OVERLAP) // (_TILE_SIDE - _TILE_OVERLAP)))
    side = -(-(length + (count - 1) * _TILE_OVERLAP) // count)
    starts = [round(index * (length - side) / max(1, count - 1)) for index in range(count)]
    return [slice(start, start + side) for start in starts]
