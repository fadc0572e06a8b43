"""From detections in pixels of a scaled image to the faces of a job."""

from typing import Final

import numpy as np
import numpy.typing as npt
from facelib.job import Box, Face, Landmarks, Point

from face_detector.detection.detections import Detections

_LANDMARKS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


def as_faces(detections: Detections, detected_size: tuple[int, int], image_size: tuple[int, int]) -> tuple[Face, ...]:
    """Turn detections in an image of one size (width, height) into faces in the same image of another."""
    x, y = np.array(image_size, np.float64) / detected_size
    scaled = detections.scaled(x, y)
    boxes, landmarks = scaled.boxes.astype(np.float64), scaled.landmarks.astype(np.float64)
    rows = zip(boxes, scaled.scores, landmarks, strict=True)
    faces = (_as_face(box, score, points, image_size) for box, score, points in rows)
    return tuple(face for face in faces if face)


def _as_face(
    box: npt.NDArray[np.float64], score: float, points: npt.NDArray[np.float64], image_size: tuple[int, int]
) -> Face | None:
    """Cut a detection to the image; None if nothing of it is left."""
    left_top, right_bottom = np.clip([box[:2], box[:2] + box[2:]], 0, image_size).round(2)
    sides = (right_bottom - left_top).round(2)
    # Not more than 0: a network may also give what is not a number.
    if not sides.min() > 0:
        return None
    marks = np.clip(points, 0, image_size).round(2)
    return Face.in_image(
        *image_size,
        Box(x=left_top[0], y=left_top[1], width=sides[0], height=sides[1]),
        round(float(np.clip(score, 0, 1)), 4),
        Landmarks(**{name: Point(x=x, y=y) for name, (x, y) in zip(_LANDMARKS, marks, strict=True)}),
    )
