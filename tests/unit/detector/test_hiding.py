"""Hidden faces cannot be detected again, and no option hides fewer faces."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from face_detector.analyse import Analysis, analyse, find_faces
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector
from face_detector.drawing import drawing_of
from facelib.domain import limits
from facelib.domain.face import Face
from facelib.domain.options import Options, Size
from facelib.domain.renders import Render

from tests.support.detector import detections, pixels_of
from tests.support.pictures import Picture, astronaut, compose, resized, rotated, uncompressed

HIDING = [Render.BLUR, Render.PIXELATE, Render.SOLID]
STRENGTHS = range(1, limits.BLUR_STRENGTH + 1)


# Each detector looks for faces in these pictures. Small pictures take less time, and are enlarged for most networks.
def portrait() -> Picture:
    return resized(astronaut(), 320, 320)


def close() -> Picture:
    return resized(astronaut()[:230, 110:340], 256, 256)


@cache
def huge() -> Picture:
    """Return a face that is larger than the networks' inputs."""
    return resized(astronaut()[:230, 110:340], 1300, 1300)


@cache
def tilted() -> Picture:
    return rotated(portrait(), 35)


def at_the_border() -> Picture:
    return portrait()[47:, 125:].copy()


def tiny() -> Picture:
    return compose(400, 300, [(100, 100, 18), (250, 150, 26)])[0]


def neighbours() -> Picture:
    return compose(350, 200, [(50, 50, 80), (120, 65, 80), (190, 50, 80)])[0]


@cache
def several() -> Picture:
    """Put three neighbours, three tiny faces, a face at the border and a tilted face into one picture, to save time."""
    row = [(18, 20, 60), (73, 34, 60), (125, 20, 60)]
    picture, _ = compose(360, 240, [*row, (232, 26, 18), (295, 50, 26), (125, 178, 26), (-14, 150, 70)])
    picture[108:240, 200:360] = resized(tilted()[:206, :250], 160, 132)
    return picture


@cache
def file_of(make: Callable[[], Picture]) -> bytes:
    return uncompressed(make())


@cache
def hidden(make: Callable[[], Picture], render: Render, detector: Detector) -> Analysis:
    return analyse(file_of(make), Options(render=(render,), size=Size.ORIGINAL), detector)


def face_of(make: Callable[[], Picture], detector: Detector) -> Face:
    """Return the most confident face, as a render hides it."""
    return hidden(make, Render.SOLID, detector).faces[0]


@pytest.mark.parametrize("render", HIDING)
@pytest.mark.parametrize(("make", "count"), [(portrait, 1), (close, 1), (several, 8)])
def test_a_hidden_face_is_not_found_again(
    make: Callable[[], Picture], count: int, render: Render, fast: Detector, either: Detector
) -> None:
    done = hidden(make, render, either)
    assert len(done.faces) == count
    for detector in (fast, either):
        assert find_faces(done.results[render], Options(), detector).faces == ()


@pytest.mark.parametrize("render", HIDING)
def test_a_hidden_face_larger_than_the_inputs_of_the_networks_is_not_found_again(
    render: Render, fast: Detector
) -> None:
    done = hidden(huge, render, fast)
    assert len(done.faces) == 1
    assert find_faces(done.results[render], Options(), fast).faces == ()


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("render", [Render.BLUR, Render.PIXELATE])
@pytest.mark.parametrize("make", [portrait, tiny, neighbours])
def test_a_hidden_face_is_not_found_again_at_any_strength(
    make: Callable[[], Picture], render: Render, strength: int, fast: Detector
) -> None:
    options = Options(render=(render,), blur_strength=strength)
    done = analyse(file_of(make), options, fast)
    assert done.faces
    assert find_faces(done.results[render], Options(), fast).faces == ()


@pytest.mark.parametrize("render", [Render.BLUR, Render.PIXELATE])
def test_each_strength_leaves_less_of_a_face_than_the_one_before(render: Render, fast: Detector) -> None:
    face = face_of(huge, fast)
    middle = np.s_[
        int(face.box.y) : int(face.box.y + face.box.height), int(face.box.x) : int(face.box.x + face.box.width)
    ]
    left = [float(drawn(huge(), face, render, strength)[middle].std(axis=(0, 1)).mean()) for strength in STRENGTHS]
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == len(left)
    assert left[-1] < 1.5


def test_nothing_is_left_of_a_covered_face(fast: Detector) -> None:
    """Neither the face's appearance nor the strength changes the result."""
    face = face_of(portrait, fast)
    noise = np.random.default_rng(5).integers(0, 256, portrait().shape, np.uint8)
    box = np.s_[int(face.box.y) : int(face.box.y + face.box.height), int(face.box.x) : int(face.box.x + face.box.width)]
    for strength in STRENGTHS:
        for picture in (portrait(), noise):
            assert drawn(picture, face, Render.SOLID, strength)[box].max() == 0


@pytest.mark.parametrize("render", HIDING)
@pytest.mark.parametrize("narrow", [{"max_faces": 1}, {"min_confidence": 0.99}], ids=str)
def test_options_that_limit_the_response_do_not_hide_less(
    narrow: dict[str, float], render: Render, fast: Detector, either: Detector
) -> None:
    data = file_of(neighbours)
    done = analyse(data, Options.model_validate({"render": [render], **narrow}), either)
    assert len(done.faces) <= 1
    assert done.results[render] == analyse(data, Options(render=(render,)), either).results[render]
    assert find_faces(done.results[render], Options(), fast).faces == ()


class Doubtful(Detector):
    """Detects three faces in every image: one certain enough to report, one only to hide, and one for neither."""

    threshold = 0.5
    redact_threshold = 0.3
    long_side = 512

    def __init__(self) -> None:
        pass

    def detect(self, pixels: Picture, threshold: float) -> Detections:
        faces = [(50, 0.9), (300, 0.35), (400, 0.2)]
        return detections(*((left, 100, 80, 100, score) for left, score in faces if score >= threshold))


@pytest.mark.parametrize("render", HIDING)
def test_a_face_too_uncertain_to_be_reported_is_still_hidden(render: Render) -> None:
    grey = np.random.default_rng(1).integers(0, 256, (512, 512, 1), np.uint8)
    picture = np.repeat(grey, 3, axis=2)
    done = analyse(uncompressed(picture), Options(render=(render,)), Doubtful())
    assert [face.confidence for face in done.faces] == [0.9]
    change = np.abs(pixels_of(done.results[render]).astype(int) - picture).mean(axis=2)
    assert change[120:180, 60:120].mean() > 30
    assert change[120:180, 310:370].mean() > 30
    assert change[120:180, 440:470].mean() < 30, "a face below the redact threshold is not hidden"


@pytest.mark.parametrize("render", HIDING)
@pytest.mark.parametrize("make", [portrait, tilted, at_the_border, huge])
def test_every_part_of_the_face_is_hidden(make: Callable[[], Picture], render: Render, fast: Detector) -> None:
    """The picture is noise of 0 and 255, in which any unchanged pixel of the box would be found."""
    face = face_of(make, fast)
    height, width = make().shape[:2]
    noise = np.random.default_rng(3).integers(0, 2, (height, width, 3), np.uint8) * 255
    hidden = drawn(noise, face, render)
    left, top = int(face.box.x), int(face.box.y)
    right, bottom = int(face.box.x + face.box.width) + 1, int(face.box.y + face.box.height) + 1
    inside = hidden[top:bottom, left:right]
    # The noise consists of 0 and 255: its averages are grey, and a cover is black.
    assert render is Render.SOLID or inside.min() > 40
    assert inside.max() < 215
    # The rest of the picture is unchanged.
    assert np.array_equal(hidden[-20:, -20:], noise[-20:, -20:])


def drawn(pixels: Picture, face: Face, render: Render, strength: int = limits.BLUR_STRENGTH_DEFAULT) -> Picture:
    return np.asarray(drawing_of(render)(pixels.copy(), [face], Options(blur_strength=strength)), np.uint8)


def test_only_a_few_values_remain_of_a_pixelated_face(fast: Detector) -> None:
    """Averages cannot be reversed: about ten of them replace the 5,000 pixels in the box."""
    noise = np.random.default_rng(4).integers(0, 256, portrait().shape, np.uint8)
    face = face_of(portrait, fast)
    hidden = drawn(noise, face, Render.PIXELATE)
    rows = slice(int(face.box.y), int(face.box.y + face.box.height))
    columns = slice(int(face.box.x), int(face.box.x + face.box.width))
    assert len(np.unique(hidden[rows, columns].reshape(-1, 3), axis=0)) <= 20


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_blur_fades_out_outside_the_hidden_area(strength: int, fast: Detector) -> None:
    face = face_of(huge, fast)
    left, top = int(face.box.x), int(face.box.y)
    right, bottom = int(face.box.x + face.box.width), int(face.box.y + face.box.height)
    picture = np.zeros_like(huge())
    picture[top:bottom, left:right] = 255
    row = drawn(picture, face, Render.BLUR, strength)[(top + bottom) // 2, :, 0].astype(int)
    assert row[:10].max() == 0, "the picture away from the face is unchanged"
    assert row[left:right].min() > 100, "the whole face is hidden as completely as its centre"
    assert np.abs(np.diff(row)).max() <= 10, "the blur ends without a visible edge"
