"""Properties that hold for every picture."""

import contextlib
import math

import numpy as np
from face_detector.analyse import find_faces
from face_detector.detection.detector import Detector
from facelib.domain.errors import ImageRejected
from facelib.domain.face import Box, Face
from facelib.domain.options import Options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.detector import faces_in, overlap
from tests.support.pictures import Picture, astronaut, compose, encoded, resized, rotated
from tests.support.properties import hold

# Derandomized, so that pictures are the same on every machine; no deadline, because the time of a test does not matter.
heavy = settings(
    max_examples=8, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Return a picture of up to three faces, each completely inside its own third of the picture."""
    count = draw(st.integers(1, 3))
    tall = [draw(st.integers(60, 130)) for _ in range(count)]
    positions = [(40 + 200 * index + draw(st.integers(0, 20)), 50 + draw(st.integers(0, 80))) for index in range(count)]
    picture, _ = compose(640, 320, [(*position, height) for position, height in zip(positions, tall, strict=True)])
    return picture


def from_left(picture: Picture, detector: Detector, options: Options | None = None) -> list[Face]:
    """Return the faces from left to right."""
    return sorted(faces_in(picture, detector, options), key=lambda face: face.box.x)


@heavy
@given(pictures(), st.floats(0.01, 0.5))
def test_faces_lie_inside_the_image(fast: Detector, picture: Picture, confidence: float) -> None:
    cropped = picture[60:, 90:]
    height, width = cropped.shape[:2]
    for face in from_left(cropped, fast, Options(min_confidence=confidence)):
        box, marks = face.box, face.landmarks
        assert 0 <= box.x <= box.x + box.width <= width + 1e-6
        assert 0 <= box.y <= box.y + box.height <= height + 1e-6
        assert box.width > 0
        assert box.height > 0
        assert confidence <= face.confidence + 1e-4 <= 1.0001
        for point in (marks.left_eye, marks.right_eye, marks.nose, marks.mouth_left, marks.mouth_right):
            assert 0 <= point.x <= width
            assert 0 <= point.y <= height
        assert math.isclose(face.box_ratio.left * width, box.x, abs_tol=0.01)


@heavy
@given(pictures(), st.floats(0.6, 2.5))
def test_scaling_the_image_scales_the_boxes(fast: Detector, picture: Picture, factor: float) -> None:
    height, width = (round(side * factor) for side in picture.shape[:2])
    before, after = from_left(picture, fast), from_left(resized(picture, width, height), fast)
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        assert overlap(scaled(one.box, factor), other.box) >= 0.8


def scaled(box: Box, factor: float) -> Box:
    return Box(x=box.x * factor, y=box.y * factor, width=box.width * factor, height=box.height * factor)


@heavy
@given(pictures())
def test_mirroring_the_image_mirrors_the_boxes(fast: Detector, picture: Picture) -> None:
    before, after = from_left(picture, fast), from_left(picture[:, ::-1], fast)[::-1]
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        box = other.box
        assert overlap(one.box, box.model_copy(update={"x": picture.shape[1] - box.x - box.width})) >= 0.8
        # The left eye is always the one on the left side of the image.
        assert other.landmarks.left_eye.x < other.landmarks.right_eye.x


@heavy
@given(pictures(), st.integers(1, 200), st.integers(0, 255))
def test_no_face_is_lost_by_adding_a_border(fast: Detector, picture: Picture, wide: int, grey: int) -> None:
    before = from_left(picture, fast)
    bordered = np.pad(picture, ((wide, wide), (wide, wide), (0, 0)), constant_values=grey)
    after = from_left(bordered, fast)
    for face in before:
        moved = face.box.model_copy(update={"x": face.box.x + wide, "y": face.box.y + wide})
        assert any(overlap(moved, other.box) >= 0.75 for other in after)


@heavy
@given(st.integers(-25, 25))
def test_a_tilted_head_is_detected(fast: Detector, degrees: int) -> None:
    assert len(from_left(rotated(astronaut(), degrees), fast)) == 1


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    broken = bytearray(_SMALL[draw(st.sampled_from(sorted(_SMALL)))])
    for _ in range(draw(st.integers(1, 12))):
        broken[draw(st.integers(0, len(broken) - 1))] = draw(st.integers(0, 255))
    return bytes(broken[: draw(st.integers(0, len(broken)))] if draw(st.booleans()) else broken)


def test_any_damage_results_in_faces_or_a_reason(fast: Detector, examples: int) -> None:
    def look(data: bytes) -> None:
        # Any error except ImageRejected fails the test.
        with contextlib.suppress(ImageRejected):
            find_faces(data, Options(), fast)

    # A normal run has 200 examples, because damage takes many forms.
    hold(5 * examples, damaged_files(), look)


_SMALL = {form: encoded(resized(astronaut(), 48, 40), form) for form in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIC")}
