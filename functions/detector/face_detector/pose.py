"""Head pose from five landmarks: perspective-n-point with a model of an average head."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from facelib.domain.face import Pose

# Millimetres from the tip of the nose: x to the right of the image, y down, z away from the camera. The pupils are 63
# mm apart (Dodgson, "Variation and extrema of human interpupillary distance", 2004), and the corners of the mouth 50
# mm. The mouth is 64 mm below the pupils, and the nose is 25 mm in front of them. These are rounded means of adults,
# after Farkas, "Anthropometry of the Head and Face", 1994.
_HEAD: Final = np.array(
    [[-31.5, -33.0, 25.0], [31.5, -33.0, 25.0], [0.0, 0.0, 0.0], [-25.0, 31.0, 22.0], [25.0, 31.0, 22.0]], np.float64
)
# The camera is unknown; assume a field of view of 53 degrees, which is typical of phones.
_FOCAL_LENGTH_PER_SIDE: Final = 1.0


def pose_of(landmarks: Sequence[tuple[float, float]], image_size: tuple[int, int]) -> Pose | None:
    """Estimate the pose from the x and y of both eyes, the nose and both corners of the mouth, in pixels.

    Returns None if the landmarks are coincident or collinear.
    """
    points = np.array(landmarks, np.float64)
    if np.linalg.matrix_rank(points - points.mean(axis=0), tol=1e-3) < 2:
        return None
    width, height = image_size
    focal = _FOCAL_LENGTH_PER_SIDE * max(width, height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    try:
        is_solved, rotation, _ = cv2.solvePnP(_HEAD, points, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:
        return None
    if not is_solved:
        return None
    return _as_pose(np.asarray(cv2.Rodrigues(rotation)[0], np.float64))


def _as_pose(rotation: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Pose | None:
    """Decompose R = Rz(roll) Ry(-yaw) Rx(-pitch); x is right, y down, z away from the camera."""
    yaw = math.asin(max(-1.0, min(1.0, float(rotation[2, 0]))))
    roll = math.atan2(float(rotation[1, 0]), float(rotation[0, 0]))
    pitch = -math.atan2(float(rotation[2, 1]), float(rotation[2, 2]))
    degrees = [round(math.degrees(angle), 1) for angle in (roll, yaw, pitch)]
    return Pose(roll=degrees[0], yaw=degrees[1], pitch=degrees[2]) if all(map(math.isfinite, degrees)) else None
