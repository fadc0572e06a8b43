"""Replaces every face with a mosaic of a few squares."""

from collections.abc import Sequence
from typing import Final

from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.face_area import HiddenArea
from face_detector.imaging.pixels import Pixels

# Cells along the longer side of a face, by `blur_strength`, starting at 1. With six cells, a common number, the
# detectors still found many faces (docs/decisions/0007-hiding.md).
_CELLS: Final = (2.5, 1.6, 1.25, 1.0, 0.5)


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:
    """Pixelate the faces in place."""
    for area in filter(None, (HiddenArea.of(face, pixels) for face in reversed(faces))):
        # The whole rectangle is filled, because a mosaic in an ellipse has the shape of a head, which is detected as a
        # face.
        area.fill_with_cells(area.means(area.cell(_CELLS[options.blur_strength - 1])))
    return pixels
