"""The first pass is enough if all faces are large and certain; otherwise, the finer scales are also used."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from face_detector.analyse import analyse
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector, Member
from face_detector.detection.early_exit import is_enough
from face_detector.detection.ensemble import roles_of
from face_detector.detection.network import Thresholds
from face_detector.detection.networks import definition_of
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels
from face_models import BEST, CENTERFACE, MODELS
from facelib.domain.job import DetectorInfo, Quality
from facelib.domain.options import Options
from facelib.domain.renders import Render

from tests.support.detector import detections, faces_in, overlap, redrawn
from tests.support.pictures import FACE, Picture, Truth, astronaut, compose, resized, uncompressed


class Shown:
    """A network that records the long sides of its inputs, and returns scripted detections for them."""

    def __init__(self, by_side: dict[int, Detections]) -> None:
        self.by_side = by_side
        self.sides: list[int] = []

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        self.sides.append(max(pixels.shape[:2]))
        return self.by_side.get(self.sides[-1], Detections.none())

    def reload(self) -> None:
        pass


LARGE = detections((5, 5, 50, 50, 0.9))
SMALL = detections((10, 10, 20, 20, 0.9))
FAINT = detections((5, 5, 50, 50, 0.9), (60, 50, 20, 20, 0.1))
SMALL_TOO = detections((5, 5, 50, 50, 0.9), (60, 50, 20, 20, 0.6))
DOUBTFUL = detections((5, 5, 50, 50, 0.4))
THRESHOLDS = Thresholds(report=0.5, redact=0.15)


def detector_of(network: Shown, *passes: Pyramid) -> Detector:
    info = DetectorInfo(name="shown", version="1", quality=Quality.BALANCED)
    redactor = Detector(info, [Member(network, passes[-1:])], THRESHOLDS)
    return Detector(info, [Member(network, passes)], THRESHOLDS, redactor)


COARSE, FINE = Pyramid((100,), 100), Pyramid((100, 200), 200)
IMAGE = np.zeros((300, 400, 3), np.uint8)


@pytest.mark.parametrize(
    ("first", "sides"),
    [
        (LARGE, [100]),
        (FAINT, [100]),
        (SMALL, [100, 200]),
        (SMALL_TOO, [100, 200]),
        (DOUBTFUL, [100, 200]),
        (Detections.none(), [100, 200]),
    ],
)
def test_small_doubtful_or_no_faces_require_finer_scales(first: Detections, sides: list[int]) -> None:
    network = Shown({100: first})
    detector_of(network, COARSE, FINE).detect(IMAGE, 0.5)
    assert network.sides == sides, "a scale that both passes share is run only once"


def test_an_insufficient_first_pass_does_not_change_the_result() -> None:
    """A scale used only in the first pass does not change the result of the finer ones."""
    network = Shown({80: SMALL, 100: LARGE, 200: detections((20, 20, 80, 80, 0.7))})
    both = detector_of(network, Pyramid((80,), 80), FINE).detect(IMAGE, 0.5)
    assert network.sides == [80, 200, 100]
    alone = detector_of(network, FINE).detect(IMAGE, 0.5)
    assert np.array_equal(both.boxes, alone.boxes)
    assert np.array_equal(both.scores, alone.scores)


def test_faces_are_measured_at_the_scale_of_their_detection() -> None:
    assert is_enough(LARGE.scaled(4, 4), 1 / 4, THRESHOLDS)
    assert not is_enough(SMALL.scaled(4, 4), 1 / 4, THRESHOLDS)


def test_each_quality_of_a_network_decides_which_faces_are_large() -> None:
    face = detections((5, 5, 28, 28, 0.9))
    fast, balanced = (roles_of([definition_of(CENTERFACE)], quality)[0] for quality in (Quality.FAST, Quality.BALANCED))
    assert is_enough(face, 1, fast)
    assert not is_enough(face, 1, balanced)


@pytest.mark.parametrize("render", [Render.BLUR, Render.PIXELATE, Render.SOLID])
def test_every_scale_is_used_if_faces_are_hidden(render: Render) -> None:
    """Every scale is used even if the first pass is certain, and also for results that are drawn later."""
    network = Shown(dict.fromkeys((100, 200), LARGE))
    detector = detector_of(network, COARSE, FINE)
    file = uncompressed(IMAGE)
    faces = analyse(file, Options(), detector).faces
    assert network.sides == [100]
    network.sides.clear()
    redrawn(file, Options(), faces, render, detector)
    assert network.sides == [200, 100]
    network.sides.clear()
    analyse(file, Options(render=(Render.BOXES, render)), detector)
    assert network.sides == [200, 100]


SIDE = 640


def portrait(side: int = SIDE) -> tuple[Picture, Truth]:
    factor = side / 512
    return resized(astronaut(), side, side), Truth(
        *(part * factor for part in (FACE.x, FACE.y, FACE.width, FACE.height))
    )


def turned(times: int) -> tuple[Picture, Truth]:
    """Return the portrait, rotated by 90 degrees this many times."""
    picture, face = portrait()
    for _ in range(times):
        picture = np.ascontiguousarray(np.rot90(picture))
        face = Truth(face.y, SIDE - face.x - face.width, face.height, face.width)
    return picture, face


def cut() -> tuple[Picture, Truth]:
    """Return the portrait with half of the face cut off."""
    picture, face = portrait()
    middle = round(face.x + face.width / 2)
    return np.ascontiguousarray(picture[:, middle:]), Truth(0, face.y, face.width / 2, face.height)


def filling() -> tuple[Picture, Truth]:
    picture = astronaut()[30:190, 150:310]
    return resized(picture, SIDE, SIDE), Truth(104, 112, 392, 488)


def dark() -> tuple[Picture, Truth]:
    picture, face = portrait()
    return np.asarray(picture * 0.08, np.uint8), face


def out_of_focus() -> tuple[Picture, Truth]:
    _, face = portrait()
    return resized(resized(astronaut(), 40, 40), SIDE, SIDE), face


def group() -> tuple[Picture, Truth]:
    """Return a large face with nine small ones, and the position of one of the small ones."""
    small = [(100 + 90 * index, 80, 40) for index in range(9)]
    picture, truth = compose(1024, 768, [(300, 250, 300), *small])
    return picture, truth[5]


@cache
def made(make: Callable[[], tuple[Picture, Truth]]) -> tuple[Picture, Truth]:
    return make()


def best_overlap(picture: Picture, truth: Truth, detector: Detector) -> float:
    faces = faces_in(picture, detector)
    return max((overlap(face.box, truth) for face in faces), default=0)


@pytest.mark.parametrize("quality", [Quality.FAST, Quality.BALANCED])
@pytest.mark.parametrize("name", [BEST, *MODELS])
@pytest.mark.parametrize(
    ("make", "at_least"),
    [
        (portrait, 0.7),
        (lambda: portrait(300), 0.7),
        (lambda: turned(1), 0.5),
        (lambda: turned(2), 0.5),
        (lambda: turned(3), 0.5),
        (cut, 0.5),
        (filling, 0.6),
        (dark, 0.6),
        (out_of_focus, 0.5),
    ],
    ids=["portrait", "small portrait", "90", "180", "270", "cut", "filling", "dark", "out of focus"],
)
def test_an_early_exit_does_not_lose_difficult_faces(
    make: Callable[[], tuple[Picture, Truth]],
    at_least: float,
    name: str,
    quality: Quality,
    load: Callable[[str, Quality], Detector],
) -> None:
    assert best_overlap(*made(make), load(name, quality)) >= at_least


def test_small_faces_behind_a_large_one_are_found(either: Detector) -> None:
    assert best_overlap(*made(group), either) >= 0.5
