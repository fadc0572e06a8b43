"""Crops a photo to the part that contains the faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from facelib.domain.face import Face
from facelib.domain.options import CropFaces, Options

from face_detector.imaging.face_area import edges
from face_detector.imaging.pixels import Pixels


@dataclass(frozen=True)
class Area:
    """A rectangle, given by its edges in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @classmethod
    def around(cls, boxes: Sequence[tuple[float, float, float, float]], padding: float) -> Self:
        """Return the smallest rectangle around all boxes, plus a margin of `padding` times the longest box side."""
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        margin = padding * max(max(right - left, bottom - top) for left, top, right, bottom in boxes)
        return cls(min(lefts) - margin, min(tops) - margin, max(rights) + margin, max(bottoms) + margin)

    def with_aspect(self, ratio: float) -> "Area":
        """Return this rectangle, enlarged around its centre until its width divided by its height is `ratio`."""
        width, height = max(self.width, self.height * ratio), max(self.height, self.width / ratio)
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        return Area(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def scaled_into(self, width: int, height: int) -> "Area":
        """Return this rectangle, shrunk and moved as little as possible to fit into a picture of this size."""
        factor = min(1.0, width / self.width, height / self.height)
        new_width, new_height = self.width * factor, self.height * factor
        left = min(max(0.0, (self.left + self.right - new_width) / 2), width - new_width)
        top = min(max(0.0, (self.top + self.bottom - new_height) / 2), height - new_height)
        return Area(left, top, left + new_width, top + new_height)

    def within(self, width: int, height: int) -> "Area":
        """Return the part of this rectangle that is inside a picture of this size."""
        return Area(max(0.0, self.left), max(0.0, self.top), min(width, self.right), min(height, self.bottom))


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:
    """Return the cropped pixels, never enlarged. If there are no faces, keep as much as possible around the centre."""
    area = _area(pixels, faces, options)
    left, top = int(area.left), int(area.top)
    right, bottom = round(area.right), round(area.bottom)
    if options.crop_aspect.ratio:
        # Calculated from the size of the area, so that a square is still a square after rounding.
        right, bottom = left + round(area.width), top + round(area.height)
    return np.ascontiguousarray(pixels[top : max(top + 1, bottom), left : max(left + 1, right)])


def _area(pixels: Pixels, faces: Sequence[Face], options: Options) -> Area:
    height, width = pixels.shape[:2]
    ratio = options.crop_aspect.ratio
    boxes = [edges(face, pixels) for face in faces]
    if not boxes:
        whole = Area(0, 0, width, height)
        return whole.with_aspect(ratio).scaled_into(width, height) if ratio else whole
    if options.crop_faces is CropFaces.LARGEST:
        boxes = [max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))]
    area = Area.around(boxes, options.crop_padding)
    return area.with_aspect(ratio).scaled_into(width, height) if ratio else area.within(width, height)
