"""Covers every face with one opaque colour."""

from collections.abc import Sequence
from typing import Final

import cv2
from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.face_area import HiddenArea
from face_detector.imaging.pixels import Pixels

# BGR. The colour must not depend on the image: even the average of a face would reveal something about the face.
_COVER: Final = (0, 0, 0)


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:  # noqa: ARG001 - every `draw` takes the same arguments
    """Cover the faces in place, as whole rectangles."""
    for area in filter(None, (HiddenArea.of(face, pixels) for face in reversed(faces))):
        cv2.rectangle(area.part, (0, 0), area.size, _COVER, cv2.FILLED)
    return pixels
