"""Draws nothing."""

from collections.abc import Sequence

from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.pixels import Pixels


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:  # noqa: ARG001 - every drawing takes the same
    """Return the pixels unchanged."""
    return pixels
