"""Draws nothing."""

from collections.abc import Sequence

from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.pixels import Pixels


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:  # noqa: ARG001 - every `draw` takes the same arguments
    """Return the pixels unchanged."""
    return pixels
