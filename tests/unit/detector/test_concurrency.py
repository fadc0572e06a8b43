"""Networks run in parallel if OpenCV may use more than one processor."""

from collections.abc import Iterator
from threading import Barrier, BrokenBarrierError

import cv2
import numpy as np
import pytest
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector, Member
from face_detector.detection.network import Thresholds
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels
from facelib.domain.job import DetectorInfo, Quality


class Meeting:
    """A network that waits until another one runs at the same time."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        self._barrier.wait()
        return Detections.none()

    def reload(self) -> None:
        pass


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(request.param)
    yield request.param
    cv2.setNumThreads(before)


def test_networks_run_in_parallel_only_on_several_processors(threads: int) -> None:
    barrier = Barrier(2, timeout=60 if threads > 1 else 0.05)
    members = [Member(Meeting(barrier), (Pyramid((64,), 64),)) for _ in range(2)]
    info = DetectorInfo(name="a+b", version="1", quality=Quality.FAST)
    detector = Detector(info, members, Thresholds(report=0.5, redact=0.5))
    image = np.zeros((64, 64, 3), np.uint8)

    if threads == 1:
        with pytest.raises(BrokenBarrierError):
            detector.detect(image, 0.5)
    else:
        assert len(detector.detect(image, 0.5)) == 0
