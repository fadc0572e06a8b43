"""Every face covered with one opaque colour."""

from collections.abc import Sequence
from typing import Final

from facelib.domain.face import Face
from facelib.domain.options import Options

from face_detector.imaging.face_area import HiddenArea
from face_detector.imaging.pixels import Pixels

# BGR. It must not come from the image: an average of a face is still an average of that face.
_COVER: Final = (0, 0, 0)


def draw(pixels: Pixels, faces: Sequence[Face], options: Options) -> Pixels:  # noqa: ARG001 - every drawing takes the same
    """Cover the faces in place: whole rectangles, as for a mosaic."""
    for area in filter(None, (HiddenArea.of(face, pixels) for face in reversed(faces))):
        area.part[:] = _COVER
    return pixels
