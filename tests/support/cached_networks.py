"""Detectors that all tests share, and that detect the faces in the same pixels only once."""

import hashlib
from dataclasses import replace
from functools import cache

import pytest
from face_detector.detection import detector
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector, load_detector
from face_detector.detection.network import Network, NetworkDefinition
from face_detector.detection.networks import definition_of
from face_detector.imaging.pixels import Pixels
from face_models import Model
from facelib.domain.job import Quality

from tests.support.detector import model_files


class CachedNetwork:
    """A network that caches its detections. Do not use it in tests that time or count its runs."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._detections: dict[tuple[bytes, tuple[int, ...], float], Detections] = {}

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        key = hashlib.blake2b(pixels.tobytes()).digest(), pixels.shape, threshold
        if key not in self._detections:
            self._detections[key] = self._network.infer(pixels, threshold)
        return self._detections[key]

    def reload(self) -> None:
        self._network.reload()


@cache
def load_cached(name: str, quality: Quality) -> Detector:
    """Load a detector with shared networks, which cache their detections. Skip the test if a model is missing."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(detector, "definition_of", _cached_definition)
        return load_detector(name, quality, model_files(name))


@cache
def _cached_definition(model: Model) -> NetworkDefinition:
    definition = definition_of(model)
    return replace(definition, load=cache(lambda path: CachedNetwork(definition.load(path))))
