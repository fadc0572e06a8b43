"""Fixtures: detectors, each loaded once per test process, and the use cases with a fake detector."""

from collections.abc import Callable

import cv2
import pytest
from face_detector import main
from face_detector.detection.detector import Detector
from face_models import BEST, CENTERFACE, MODELS
from facelib.domain.job import Quality

from tests.support.account import Cloud
from tests.support.cached_networks import load_cached
from tests.support.detection_service import Service

# The test processes already use all processors, so OpenCV's threads would only wait for a free one.
cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def load() -> Callable[[str, Quality], Detector]:
    """Return a function that loads each detector only once."""
    return load_cached


@pytest.fixture(scope="session")
def fast(load: Callable[[str, Quality], Detector]) -> Detector:
    return load(CENTERFACE.name, Quality.FAST)


@pytest.fixture(params=[BEST, *MODELS])
def either(request: pytest.FixtureRequest, load: Callable[[str, Quality], Detector]) -> Detector:
    """Run the test with each detector at balanced quality."""
    return load(request.param, Quality.BALANCED)


@pytest.fixture
def service(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service(account)
    monkeypatch.setattr(main, "service", lambda: made.service)
    return made
