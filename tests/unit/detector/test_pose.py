"""Pose and quality, for a head with a known rotation and for rotated photos."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from face_detector.detection.detector import Detector
from face_detector.pose import _HEAD, pose_of
from face_detector.quality import quality_of
from face_models import BEST, CENTERFACE
from facelib.domain.face import Face
from facelib.domain.job import Quality

from tests.support.detector import faces_in
from tests.support.pictures import Picture, astronaut, rotated

SIZE = (1_000, 800)
Load = Callable[[str, Quality], Detector]
Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def about(axis: str, degrees: float) -> Matrix:
    """Return the matrix of a rotation around one axis: x points right, y down, z away from the camera."""
    vector = np.zeros(3)
    vector["xyz".index(axis)] = math.radians(degrees)
    return np.asarray(cv2.Rodrigues(vector)[0], np.float64)


def landmarks_of(roll: float, yaw: float, pitch: float) -> list[tuple[float, float]]:
    """Project a head with this rotation, 60 cm in front of a camera whose focal length is the image's width."""
    rotation = about("z", roll) @ about("y", -yaw) @ about("x", -pitch)
    points = (rotation @ (_HEAD - np.array([0, 0, 80])).T).T + np.array([30, -20, 600])
    projected = points[:, :2] / points[:, 2:] * SIZE[0] + np.array(SIZE) / 2
    return [(float(x), float(y)) for x, y in projected]


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (20, 0, 0), (0, 25, 0), (0, -25, 0), (0, 0, 15), (-30, 20, -10), (10, -40, 5), (90, 10, 0)]
)
def test_the_angles_of_a_known_head_are_measured(angles: tuple[float, float, float]) -> None:
    pose = pose_of(landmarks_of(*angles), SIZE)
    assert pose is not None
    assert (pose.roll, pose.yaw, pose.pitch) == pytest.approx(angles, abs=0.2)


def test_the_nose_moves_in_the_direction_that_the_face_turns() -> None:
    straight = landmarks_of(0, 0, 0)[2]
    assert landmarks_of(0, 20, 0)[2][0] > straight[0], "the nose moves to the right"
    assert landmarks_of(0, 0, 20)[2][1] < straight[1], "the nose moves up"


@pytest.mark.parametrize("points", [[(5.0, 5.0)] * 5, [(float(n), float(n)) for n in range(5)]])
def test_landmarks_that_do_not_fit_a_head_have_no_pose(points: list[tuple[float, float]]) -> None:
    assert pose_of(points, SIZE) is None


def only_face(picture: Picture, detector: Detector) -> Face:
    (face,) = faces_in(picture, detector)
    assert face.pose is not None
    return face


@pytest.mark.parametrize("degrees", [-25, 15])
@pytest.mark.parametrize("name", [CENTERFACE.name, BEST])
def test_rotating_a_photo_changes_only_the_roll(degrees: float, name: str, load: Load) -> None:
    """YuNet is not tested alone, because its landmarks underestimate the tilt by about 40%."""
    detector = load(name, Quality.BALANCED)
    straight, turned = (only_face(picture, detector).pose for picture in (astronaut(), rotated(astronaut(), degrees)))
    assert straight is not None
    assert turned is not None
    # The helper rotates counterclockwise.
    assert turned.roll - straight.roll == pytest.approx(-degrees, abs=6)
    assert turned.yaw == pytest.approx(straight.yaw, abs=12)


def test_mirroring_a_photo_mirrors_roll_and_yaw(either: Detector) -> None:
    straight, mirrored = (
        only_face(np.ascontiguousarray(picture), either).pose for picture in (astronaut(), astronaut()[:, ::-1])
    )
    assert straight is not None
    assert mirrored is not None
    assert mirrored.roll == pytest.approx(-straight.roll, abs=6)
    assert mirrored.yaw == pytest.approx(-straight.yaw, abs=10)
    assert mirrored.pitch == pytest.approx(straight.pitch, abs=10)


def test_quality_falls_with_less_light_or_focus(fast: Detector) -> None:
    face = only_face(astronaut(), fast)
    dark = only_face((astronaut() * 0.4).astype(np.uint8), fast)
    soft = only_face(np.asarray(cv2.GaussianBlur(astronaut(), (0, 0), 4), np.uint8), fast)
    assert dark.quality.brightness == pytest.approx(0.4 * face.quality.brightness, rel=0.1)
    assert soft.quality.brightness == pytest.approx(face.quality.brightness, rel=0.1)
    assert soft.quality.sharpness < face.quality.sharpness / 2
    assert face.quality.sharpness >= 50


@pytest.mark.parametrize("box", [(-5.0, -5.0, 20.0, 20.0), (9.5, 9.5, 0.2, 0.2), (0.0, 0.0, 10.0, 10.0)])
def test_a_flat_area_has_no_sharpness(box: tuple[float, float, float, float]) -> None:
    white = np.full((10, 10, 3), 255, np.uint8)
    quality = quality_of(white, box)
    assert (quality.brightness, quality.sharpness) == (100, 0)


@pytest.mark.parametrize("size", [(1, 400), (400, 1)])
def test_a_face_one_pixel_wide_or_high_has_a_quality(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), 255, np.uint8)
    assert quality_of(pixels, (0.0, 0.0, float(size[1]), float(size[0]))).brightness == 100
