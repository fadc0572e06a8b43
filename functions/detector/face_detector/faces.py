"""Converts detections to the faces of a job."""

from typing import Final

import numpy as np
import numpy.typing as npt
from facelib.domain.face import Box, Face, Landmarks, Point

from face_detector.detection.detections import Detections
from face_detector.imaging.pixels import Pixels
from face_detector.pose import pose_of
from face_detector.quality import quality_of

_LANDMARKS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


def as_faces(detections: Detections, pixels: Pixels, image_size: tuple[int, int]) -> tuple[Face, ...]:
    """Convert detections in pixels of a scaled image to faces in pixels of the original size (width, height)."""
    rows, columns = pixels.shape[:2]
    x, y = image_size[0] / columns, image_size[1] / rows
    scaled = detections.scaled(x, y)
    boxes, landmarks = scaled.boxes.astype(np.float64), scaled.landmarks.astype(np.float64)
    rows_of_faces = zip(boxes, scaled.scores, landmarks, detections.boxes, strict=True)
    faces = (_as_face(*row, image_size, pixels) for row in rows_of_faces)
    return tuple(face for face in faces if face)


def _as_face(  # noqa: PLR0913, PLR0917 - the parts of a face
    box: npt.NDArray[np.float64],
    score: float,
    points: npt.NDArray[np.float64],
    detected_box: npt.NDArray[np.float32],
    image_size: tuple[int, int],
    pixels: Pixels,
) -> Face | None:
    """Return a detection as a face clipped to the image, or None if it is outside the image or not finite."""
    left_top, right_bottom = np.clip([box[:2], box[:2] + box[2:]], 0, image_size).round(2)
    sides = (right_bottom - left_top).round(2)
    # This comparison is also correct for NaN, which a network may return.
    if not sides.min() > 0 or not np.isfinite(points).all():
        return None
    marks = np.clip(points, 0, image_size).round(2)
    left, top, width, height = map(float, detected_box)
    return Face.in_image(
        image_size,
        box=Box(x=left_top[0], y=left_top[1], width=sides[0], height=sides[1]),
        confidence=round(float(np.clip(score, 0, 1)), 4),
        landmarks=Landmarks(**{name: Point(x=x, y=y) for name, (x, y) in zip(_LANDMARKS, marks, strict=True)}),
        pose=pose_of([(x, y) for x, y in points], image_size),
        quality=quality_of(pixels, (left, top, width, height)),
    )
