"""Applies corrections to the faces that a result hides."""

from typing import Final

from facelib.domain.corrections import Corrections, HiddenBox
from facelib.domain.face import Box, Face, FaceQuality, Landmarks, Point

# Two detections of the same face, at different scales or by different networks, overlap by more than this.
_SAME_FACE_IOU: Final = 0.4


def corrected(
    hidden: tuple[Face, ...], reported: tuple[Face, ...], corrections: Corrections, image_size: tuple[int, int]
) -> tuple[Face, ...]:
    """Return the areas to hide after corrections. Manually hidden areas stay hidden even if they cover a shown face."""
    shown = [reported[number] for number in corrections.show if number < len(reported)]
    kept = (face for face in hidden if not _is_shown(face, reported, shown))
    return (*kept, *(_as_face(box, image_size) for box in corrections.hide))


def _is_shown(face: Face, reported: tuple[Face, ...], shown: list[Face]) -> bool:
    """Return whether to show a face: a reported one if it is listed, an unreported one if it overlaps a listed face."""
    if face in reported:
        return face in shown
    return any(_overlap(face.box, one.box) > _SAME_FACE_IOU for one in shown)


def _overlap(one: Box, other: Box) -> float:
    """Return intersection over union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    both = max(across, 0) * max(down, 0)
    return both / (one.width * one.height + other.width * other.height - both)


def _as_face(box: HiddenBox, image_size: tuple[int, int]) -> Face:
    """Return a rectangle as a face without any other properties."""
    middle = Point(x=box.x + box.width / 2, y=box.y + box.height / 2)
    return Face.in_image(
        image_size,
        box=box,
        confidence=1,
        landmarks=Landmarks(**dict.fromkeys(Landmarks.model_fields, middle)),
        pose=None,
        quality=FaceQuality(brightness=0, sharpness=0),
    )
