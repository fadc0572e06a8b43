"""Corrections of what a result hides."""

from typing import Final

from facelib.domain.corrections import Corrections, HiddenBox
from facelib.domain.face import Box, Face, FaceQuality, Landmarks, Point

# Detections of one face, at another size or by another network, overlap by more than this.
_SAME_FACE_IOU: Final = 0.4


def corrected(
    hidden: tuple[Face, ...], reported: tuple[Face, ...], corrections: Corrections, image_size: tuple[int, int]
) -> tuple[Face, ...]:
    """Return what is hidden after corrections. Areas hidden by hand stay hidden, also where a face is shown."""
    shown = [reported[number] for number in corrections.show if number < len(reported)]
    kept = (face for face in hidden if not _is_shown(face, reported, shown))
    return (*kept, *(_as_face(box, image_size) for box in corrections.hide))


def _is_shown(face: Face, reported: tuple[Face, ...], shown: list[Face]) -> bool:
    """Return whether to show a face: one that was reported by itself alone, any other if it is the same as one."""
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
    """Return a rectangle as the face that it hides, of which nothing else is known."""
    middle = Point(x=box.x + box.width / 2, y=box.y + box.height / 2)
    return Face.in_image(
        image_size,
        box=box,
        confidence=1,
        landmarks=Landmarks(**dict.fromkeys(Landmarks.model_fields, middle)),
        pose=None,
        quality=FaceQuality(brightness=0, sharpness=0),
    )
