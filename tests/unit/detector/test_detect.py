"""Every detector detects the faces in images whose faces are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector, load_detector
from face_detector.faces import as_faces
from face_models import BEST, CENTERFACE, YUNET
from facelib.domain import limits
from facelib.domain.face import Face
from facelib.domain.job import Quality
from facelib.domain.options import Options

from tests.support.detector import faces_in, overlap
from tests.support.pictures import FACE, Truth, astronaut, compose, crowd, resized, rotated

Load = Callable[[str, Quality], Detector]


def recall(faces: tuple[Face, ...], truth: list[Truth], at_least: float = 0.5) -> float:
    return sum(any(overlap(face.box, true) >= at_least for face in faces) for true in truth) / len(truth)


def test_a_face_is_detected_with_its_box_and_landmarks(either: Detector) -> None:
    (face,) = faces_in(astronaut(), either)
    assert overlap(face.box, FACE) >= 0.7
    assert face.confidence > 0.8
    marks = face.landmarks
    # Measured by eye in the picture, to within 6 px.
    for point, x, y in [(marks.left_eye, 203, 101), (marks.right_eye, 249, 103), (marks.nose, 225, 127)]:
        assert (point.x, point.y) == pytest.approx((x, y), abs=6)
    assert (marks.mouth_left.x, marks.mouth_left.y) == pytest.approx((204, 144), abs=6)
    assert (marks.mouth_right.x, marks.mouth_right.y) == pytest.approx((243, 145), abs=6)
    assert face.box_ratio.left == pytest.approx(face.box.x / 512, abs=1e-5)


@pytest.mark.parametrize(("tall", "height"), [(24, 240), (48, 480), (120, 768)])
def test_every_face_of_a_crowd_is_detected_once(tall: int, height: int, either: Detector) -> None:
    picture, truth = crowd(1024, height, tall)
    faces = faces_in(picture, either)
    assert recall(faces, truth) >= 0.98
    assert len(faces) <= len(truth) * 1.02


@pytest.mark.parametrize("name", ["best", "centerface", "yunet"])
def test_thorough_detects_faces_too_small_for_fast(name: str, load: Load) -> None:
    picture, truth = crowd(1600, 100, 16)
    thorough, fast = (faces_in(picture, load(name, quality)) for quality in (Quality.THOROUGH, Quality.FAST))
    assert recall(thorough, truth) >= 0.9
    assert recall(fast, truth) < 0.6


def test_a_face_that_fills_the_picture_is_detected(either: Detector) -> None:
    left, top, side = 150, 30, 160
    picture = resized(astronaut()[top : top + side, left : left + side], 640, 640)
    (face,) = faces_in(picture, either)
    assert overlap(face.box, Truth(104, 112, 392, 488)) >= 0.6


@pytest.mark.parametrize("degrees", [-30, 20])
def test_a_tilted_head_is_detected(degrees: float, either: Detector) -> None:
    assert len(faces_in(rotated(astronaut(), degrees), either)) == 1


def test_the_box_of_a_face_cut_by_the_border_is_inside_the_image(either: Detector) -> None:
    picture, _ = compose(640, 480, [(-40, 100, 150), (560, 300, 150)])
    faces = faces_in(picture, either)
    assert len(faces) == 2
    for face in faces:
        assert face.box.x >= 0
        assert face.box.x + face.box.width <= 640.01


def test_without_faces_the_list_is_empty(either: Detector) -> None:
    assert faces_in(astronaut()[260:, :], either) == ()


def test_options_filter_the_faces(either: Detector) -> None:
    picture, truth = compose(450, 200, [(30, 60, 100), (175, 60, 60), (300, 60, 30)])
    everyone = faces_in(picture, either)
    assert len(everyone) == len(truth)
    sure = [face.confidence for face in everyone]
    assert sure == sorted(sure, reverse=True)
    assert faces_in(picture, either, Options(max_faces=2)) == everyone[:2]
    assert len(faces_in(picture, either, Options(min_confidence=0.02))) >= 3
    assert faces_in(picture, either, Options(min_confidence=0.999)) == ()
    limit = sure[1]
    assert all(face.confidence >= limit for face in faces_in(picture, either, Options(min_confidence=limit)))


def test_detections_in_noise_are_limited_to_max_faces(either: Detector) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (45, 60, 3), np.uint8)
    assert len(faces_in(noise, either, Options(min_confidence=0.0, max_faces=70))) == 70
    assert len(faces_in(noise, either, Options(min_confidence=0.0, max_faces=7))) == 7


def test_nan_is_not_a_face() -> None:
    nan = np.full((1, 10), np.nan, np.float32)
    broken = Detections(nan[:, :4], np.ones(1, np.float32), nan.reshape(1, 5, 2))
    assert as_faces(broken, np.zeros((10, 10, 3), np.uint8), (10, 10)) == ()


def test_a_detector_reports_its_models_and_its_quality(either: Detector) -> None:
    assert either.info.quality is Quality.BALANCED
    assert {len(version) for version in either.info.version.split("+")} == {12}


def test_an_unknown_detector_is_refused() -> None:
    with pytest.raises(ValueError, match="choose one of best, centerface, yunet"):
        load_detector("haar", Quality.FAST)


def test_a_missing_model_is_reported() -> None:
    with pytest.raises(FileNotFoundError, match="make model MODEL=centerface"):
        load_detector(CENTERFACE.name, Quality.FAST, {CENTERFACE.name: Path("nowhere.onnx")})


def test_without_the_second_model_the_first_is_used(tmp_path: Path) -> None:
    alone = load_detector(BEST, Quality.FAST, {CENTERFACE.name: CENTERFACE.path, YUNET.name: tmp_path / "nowhere.onnx"})
    centerface = load_detector(CENTERFACE.name, Quality.FAST)
    picture = resized(astronaut(), 256, 256)
    assert alone.info == centerface.info
    assert alone.threshold == centerface.threshold
    assert faces_in(picture, alone) == faces_in(picture, centerface)


def test_confidence_is_the_mean_of_both_networks(load: Load) -> None:
    both, *single = (load(name, Quality.BALANCED) for name in (BEST, CENTERFACE.name, YUNET.name))
    (face,) = faces_in(astronaut(), both)
    (one,), (other,) = (faces_in(astronaut(), detector) for detector in single)
    assert min(one.confidence, other.confidence) / 2 < face.confidence < max(one.confidence, other.confidence)
    assert both.info.name == "centerface+yunet"


def test_smaller_faces_are_detected_if_faces_are_hidden(load: Load) -> None:
    picture, truth = crowd(1200, 100, 10)
    pixels = np.ascontiguousarray(picture[..., ::-1])
    detector = load(BEST, Quality.BALANCED)
    reported, redacted = (
        as_faces(one.detect(pixels, detector.redact_threshold), pixels, (1200, 100))
        for one in (detector, detector.redactor)
    )
    assert recall(redacted, truth) >= recall(reported, truth) + 0.1


@pytest.mark.parametrize("quality", list(Quality))
def test_hiding_decodes_a_photo_no_larger_than_its_result(quality: Quality, load: Load) -> None:
    detector = load(BEST, quality)
    assert detector.redactor.long_side <= max(detector.long_side, 0.9 * limits.RESULT_LONG_SIDE)
