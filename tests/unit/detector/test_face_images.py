"""The image of one face is cut from the original, levelled on request, and never enlarged."""

from collections.abc import Callable
from functools import cache
from uuid import uuid4

import numpy as np
import pytest
from face_detector import main
from face_detector.analyse import draw_face, find_faces
from face_detector.detection.detector import Detector
from face_models import CENTERFACE
from facelib.domain import limits
from facelib.domain.face import Face
from facelib.domain.job import ImageInfo, Quality
from facelib.domain.options import Options
from facelib.messages.detector_requests import FaceReply, RenderOutcome
from facelib.messages.s3_events import OriginalCreated

from tests.support.context import Context
from tests.support.detection_service import Service, png
from tests.support.detector import faces_in, pixels_of
from tests.support.pictures import (
    ORIENTATIONS,
    Picture,
    astronaut,
    compose,
    encoded,
    resized,
    rotated,
    turned,
    uncompressed,
)


@pytest.fixture
def detector(load: Callable[[str, Quality], Detector]) -> Detector:
    return load(CENTERFACE.name, Quality.FAST)


@cache
def first(data: bytes, detector: Detector) -> tuple[ImageInfo, Face]:
    detected = find_faces(data, Options(), detector)
    return detected.image, detected.faces[0]


def picture(data: bytes, detector: Detector, *, align: bool = False) -> Picture:
    return pixels_of(draw_face(data, *first(data, detector), detector, align=align))


def tilt(pixels: Picture, detector: Detector) -> float:
    """Return the tilt of the only face's eyes in degrees."""
    (face,) = faces_in(pixels, detector)
    one, other = face.landmarks.left_eye, face.landmarks.right_eye
    return float(np.degrees(np.arctan2(other.y - one.y, other.x - one.x)))


@pytest.mark.parametrize("degrees", [0, 15, 30, -40, 180])
def test_a_face_is_level_if_requested(degrees: int, detector: Detector) -> None:
    """The tilt is measured with the detector's landmarks, which are less precise for a sideways face."""
    photo = uncompressed(rotated(resized(astronaut(), 768, 768), degrees))
    assert abs(tilt(picture(photo, detector, align=True), detector)) < 10


def test_a_face_image_contains_the_face_and_a_margin_in_original_pixels(detector: Detector) -> None:
    photo = astronaut()
    data = uncompressed(photo)
    _, face = first(data, detector)
    cut = picture(data, detector)
    side = 1.5 * max(face.box.width, face.box.height)
    assert cut.shape[0] == cut.shape[1] == pytest.approx(side, abs=1)
    left, top = (
        int(start + length / 2 - side / 2)
        for start, length in ((face.box.x, face.box.width), (face.box.y, face.box.height))
    )
    expected = photo[top : top + len(cut), left : left + len(cut)].astype(float)
    assert np.abs(cut - expected).mean() < 3, "the pixels differ only by JPEG compression"


def test_a_large_face_is_reduced_and_a_small_one_keeps_its_pixels(detector: Detector) -> None:
    large = encoded(resized(astronaut(), 3072, 3072))
    for align in (False, True):
        assert max(picture(large, detector, align=align).shape) == limits.FACE_IMAGE_SIDE
    small, _ = compose(1200, 900, [(600, 400, 60)])
    assert max(picture(uncompressed(small), detector).shape) < 120


def test_a_face_at_the_border_is_clipped_and_padded_if_it_is_rotated(detector: Detector) -> None:
    photo, _ = compose(640, 480, [(2, 200, 120)])
    data = uncompressed(photo)
    cut, level = picture(data, detector), picture(data, detector, align=True)
    assert cut.shape[1] < cut.shape[0]
    assert level.shape[0] == level.shape[1]
    assert level[:, 0].max() < 30, "the padding is black"


def test_photos_stored_in_any_orientation_give_the_same_face_image(detector: Detector) -> None:
    upright = picture(turned(astronaut(), 1, quality=95), detector)
    for orientation in ORIENTATIONS:
        cut = picture(turned(astronaut(), orientation, quality=95), detector)
        assert cut.shape == pytest.approx(upright.shape, abs=3)
        assert tilt(cut, detector) == pytest.approx(tilt(upright, detector), abs=5)


def test_a_face_image_contains_no_metadata(detector: Detector) -> None:
    data = turned(astronaut(), 6)
    jpeg = draw_face(data, *first(data, detector), detector, align=False)
    assert b"Exif" not in jpeg
    assert b"Exif" in data


def face_of(job_id: str, number: int = 0, *, align: bool = False) -> FaceReply:
    event = {"action": "face", "job_id": job_id, "number": number, "align": align}
    return FaceReply.model_validate_json(FaceReply.model_validate(main.handler(event, Context())).model_dump_json())


def completed(service: Service) -> str:
    job = service.upload(png())
    service.service.processing.process(OriginalCreated(job.job_id, None))
    return job.job_id


@pytest.mark.parametrize("align", [False, True])
def test_the_detector_returns_a_face_image_and_stores_nothing(service: Service, align: bool) -> None:
    job_id = completed(service)
    before = service.objects()
    reply = face_of(job_id, align=align)
    assert reply.outcome is None
    assert reply.image is not None
    assert max(pixels_of(reply.image).shape) == 48
    assert service.objects() == before


def test_a_face_image_requires_a_completed_job_its_original_and_the_face(service: Service) -> None:
    job_id = completed(service)
    for missing in (face_of(str(uuid4())), face_of(service.upload(png()).job_id), face_of(job_id, 1)):
        assert (missing.image, missing.outcome) == (None, RenderOutcome.JOB_GONE)
    service.images.delete_original(job_id)
    assert face_of(job_id).outcome is RenderOutcome.ORIGINAL_GONE
