"""Faces are detected in the upright image, for any orientation of the stored pixels."""

import numpy as np
import pytest
from face_detector.analyse import find_faces
from face_detector.detection.detector import Detector
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from face_detector.imaging.orientation import turn_upright
from facelib.domain.face import Box
from facelib.domain.options import Options

from tests.support.detector import faces_in, overlap
from tests.support.pictures import FACE, ORIENTATIONS, Truth, astronaut, resized, turned

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIC"]
# 150 x 192 px, so that the sides cannot be confused.
PICTURE = resized(astronaut(), 192, 192)[:, :150]
FACE_HERE = Truth(FACE.x * 3 / 8, FACE.y * 3 / 8, FACE.width * 3 / 8, FACE.height * 3 / 8)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("form", FORMATS)
def test_boxes_are_in_the_upright_image(form: str, orientation: int, fast: Detector) -> None:
    detected = find_faces(turned(PICTURE, orientation, form), Options(), fast)
    assert (detected.image.width, detected.image.height) == (150, 192)
    (face,) = detected.faces
    assert overlap(face.box, upright_box(fast)) >= 0.95
    assert overlap(face.box, FACE_HERE) >= 0.7


def upright_box(detector: Detector) -> Box:
    return faces_in(PICTURE, detector)[0].box


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_pixels_are_upright(form: str, orientation: int) -> None:
    lossless = {"lossless": True, "quality": 0, "method": 0} if form == "WEBP" else {}
    data = turned(PICTURE, orientation, form, **lossless)
    header = read_header(data)
    upright = turn_upright(decode(data, header, None), header.orientation)
    assert np.array_equal(upright[..., ::-1], PICTURE)


def test_a_reduced_jpeg_is_also_rotated() -> None:
    data = turned(PICTURE, 6)
    header = read_header(data)
    assert turn_upright(decode(data, header, 48), header.orientation).shape == (48, 38, 3)
