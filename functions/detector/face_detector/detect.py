"""The faces in an image, by one of two networks and as hard as asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from face_models import CENTERFACE, MODELS, YUNET
from facelib.job import Box, DetectorInfo, Face, Landmarks, Point, Quality

from face_detector.candidates import CONFIDENCE, Candidates, Network, suppress
from face_detector.centerface import CenterFace
from face_detector.decode import Pixels
from face_detector.scale import scale_to
from face_detector.yunet import YuNet

# OpenCV says on stderr, at every load, that its new engine runs on the CPU only.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

_NETWORKS: Final[dict[str, Callable[[Path], Network]]] = {CENTERFACE.name: CenterFace, YUNET.name: YuNet}
_LONG_SIDES: Final = {
    Quality.FAST: (640,),
    Quality.BALANCED: (1024,),
    Quality.THOROUGH: (512, 1024, 2048),
}
# An image may be enlarged so far; beyond, there is nothing more to be seen in it.
_MOST_ENLARGED: Final = 2.0
_TILE: Final = 1024
_TILE_OVERLAP: Final = 192
_MERGE_OVERLAP: Final = 0.4


class Detector:
    """A network and the ways it looks at an image."""

    def __init__(self, info: DetectorInfo, network: Network) -> None:
        self.info = info
        self._network = network

    @property
    def long_side(self) -> int:
        """The most pixels on the long side that this detector can make use of."""
        return max(_LONG_SIDES[self.info.quality])

    def find(self, pixels: Pixels, min_confidence: float | None = None) -> Candidates:
        """Look at (height, width, 3) uint8 BGR pixels; the surest face first, in pixels of this image."""
        threshold = self._network.threshold if min_confidence is None else min_confidence
        height, width = pixels.shape[:2]
        found = [
            _inside(self._network.propose(view.pixels, threshold), view, width, height)
            for view in _views(pixels, _LONG_SIDES[self.info.quality])
        ]
        return suppress(np.concatenate(found), _MERGE_OVERLAP)


def load_detector(name: str, quality: Quality) -> Detector:
    """Load a network by name and run it once, so that the first image does not pay for it.

    Raises ValueError for a name that does not exist, FileNotFoundError if the model's file is not in place.
    """
    if name not in MODELS:
        raise ValueError(f"There is no detector {name!r}; choose one of {', '.join(sorted(MODELS))}.")
    model = MODELS[name]
    if not model.path.is_file():
        raise FileNotFoundError(f"The model {model.path} is missing; `make model MODEL={name}` fetches it.")
    detector = Detector(DetectorInfo(name=name, version=model.version, quality=quality), _NETWORKS[name](model.path))
    detector.find(np.zeros((480, 640, 3), np.uint8))
    return detector


def as_faces(candidates: Candidates, seen: tuple[int, int], upright: tuple[int, int], most: int) -> tuple[Face, ...]:
    """Turn candidates in an image of one size (width, height) into at most so many faces in the same of another."""
    to = np.array(upright, np.float64) / seen
    faces = (_as_face(row.astype(np.float64), to, upright) for row in candidates)
    return tuple(face for face, _ in zip((face for face in faces if face), range(most), strict=False))


def _as_face(row: np.ndarray, to: np.ndarray, upright: tuple[int, int]) -> Face | None:
    width, height = upright
    corners = np.clip(np.array([row[:2], row[:2] + row[2:4]]) * to, 0, upright).round(2)
    sides = (corners[1] - corners[0]).round(2)
    if sides.min() <= 0:
        return None
    box = Box(x=corners[0, 0], y=corners[0, 1], width=sides[0], height=sides[1])
    points = [Point(x=x, y=y) for x, y in np.clip(row[5:].reshape(5, 2) * to, 0, upright).round(2)]
    names = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    confidence = round(min(max(float(row[CONFIDENCE]), 0.0), 1.0), 4)
    return Face.in_image(width, height, box, confidence, Landmarks(**dict(zip(names, points, strict=True))))


@dataclass(frozen=True)
class _View:
    """A part of the image as the network sees it, at `scale` times its size."""

    pixels: Pixels
    scale: float
    left: int
    top: int
    full_width: int
    full_height: int


def _views(pixels: Pixels, long_sides: tuple[int, ...]) -> Iterator[_View]:
    longest = max(pixels.shape[:2])
    for long_side in sorted({min(side, int(longest * _MOST_ENLARGED)) for side in long_sides}):
        scaled = scale_to(pixels, long_side)
        height, width = scaled.shape[:2]
        for top in _starts(height):
            for left in _starts(width):
                tile = scaled[top : top + _TILE, left : left + _TILE]
                yield _View(np.ascontiguousarray(tile), long_side / longest, left, top, width, height)


def _starts(length: int) -> list[int]:
    """Where tiles begin so that they cover the length evenly and overlap enough for a face to be whole in one."""
    if length <= _TILE:
        return [0]
    count = -(-(length - _TILE_OVERLAP) // (_TILE - _TILE_OVERLAP))
    return [round(index * (length - _TILE) / (count - 1)) for index in range(count)]


def _inside(candidates: Candidates, view: _View, width: int, height: int) -> Candidates:
    """Bring candidates of a view into the whole image; those cut by a tile's inner edge are left to its neighbour."""
    rows, columns = view.pixels.shape[:2]
    right, bottom = candidates[:, 0] + candidates[:, 2], candidates[:, 1] + candidates[:, 3]
    whole = np.ones(len(candidates), bool)
    if view.left > 0:
        whole &= candidates[:, 0] > 0
    if view.top > 0:
        whole &= candidates[:, 1] > 0
    if view.left + columns < view.full_width:
        whole &= right < columns
    if view.top + rows < view.full_height:
        whole &= bottom < rows
    moved = candidates[whole].copy()
    moved[:, [0, 5, 7, 9, 11, 13]] += view.left
    moved[:, [1, 6, 8, 10, 12, 14]] += view.top
    moved[:, :CONFIDENCE] /= view.scale
    moved[:, CONFIDENCE + 1 :] /= view.scale
    centres = moved[:, :2] + moved[:, 2:4] / 2
    # The border that fills the input up to a multiple of 32 is no part of the image.
    return moved[(centres >= 0).all(axis=1) & (centres < (width, height)).all(axis=1)]
