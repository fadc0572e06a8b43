"""A detector: one network, or an ensemble of them, at one quality."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from face_models import BEST, Model, models_of
from facelib.job import DetectorInfo, Quality

from face_detector.detection.detections import Detections
from face_detector.detection.ensemble import calibrations_of, scales_of, thresholds_of
from face_detector.detection.fusion import Vote, fuse
from face_detector.detection.network import Network, Thresholds
from face_detector.detection.networks import definition_of
from face_detector.detection.pyramid import Pyramid, Tile
from face_detector.imaging.pixels import Pixels

# At every load OpenCV warns on stderr that its new engine runs on the CPU only.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

# Low-scoring detections of one network still count where the other one detects the face, too.
_FUSION_FLOOR: Final = 0.05
# Suppresses duplicates where tiles overlap.
_TILES_IOU_THRESHOLD: Final = 0.4


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="network")


@dataclass(frozen=True)
class Member:
    """A network of the ensemble, its image pyramid, and the calibration of its scores in logits."""

    network: Network
    pyramid: Pyramid
    calibration: float = 0.0

    def detect(self, pixels: Pixels, threshold: float) -> dict[float, Detections]:
        """Return the detections by scale, in pixels of the image."""
        scales: dict[float, list[Detections]] = {}
        for tile in self.pyramid.tiles(pixels):
            scales.setdefault(tile.scale, []).append(self._infer(tile, threshold))
        return {
            scale: Detections.concatenated(tiles).non_max_suppression(_TILES_IOU_THRESHOLD)
            for scale, tiles in scales.items()
        }

    def _infer(self, tile: Tile, threshold: float) -> Detections:
        detections = self.network.infer(tile.pixels, threshold)
        return tile.to_image(tile.filter(detections)).calibrated(self.calibration)


class Detector:
    """An ensemble of networks, whose detections are fused."""

    # Detects with finer pyramids, for images in which faces are redacted; None for the detector itself.
    _redactor: "Detector | None" = None

    def __init__(
        self,
        info: DetectorInfo,
        members: Sequence[Member],
        thresholds: Thresholds,
        redactor: "Detector | None" = None,
    ) -> None:
        self.info = info
        self._members = members
        self._redactor = redactor
        # Minimum confidence of a reported face, unless the job sets its own ...
        self.threshold = thresholds.report
        # ... and of a redacted one, which options do not change.
        self.redact_threshold = thresholds.redact

    @property
    def redactor(self) -> "Detector":
        """The detector for images in which faces are redacted."""
        return self._redactor or self

    @property
    def long_side(self) -> int:
        """The long side in pixels above which a larger image adds nothing."""
        return max(member.pyramid.max_side for member in self._members)

    def detect(self, pixels: Pixels, threshold: float) -> Detections:
        """Return the faces at or above the threshold, by descending score."""
        floor = min(threshold, _FUSION_FLOOR)
        # Several networks at once make more of two processors than one after the other with two threads in each layer.
        run = _executor().map if cv2.getNumThreads() > 1 else map
        scales_of_members = run(lambda member: member.detect(pixels, floor), self._members)
        votes = [
            Vote(index, detections, scale)
            for index, scales in enumerate(scales_of_members)
            for scale, detections in scales.items()
        ]
        fused = fuse(votes, len(self._members))
        return fused.filtered(fused.scores >= threshold)

    def reload(self) -> None:
        """Free the buffers that the networks retain between images."""
        for member in self._members:
            member.network.reload()


def load_detector(name: str, quality: Quality, files: Mapping[str, Path] | None = None) -> Detector:
    """Load a detector by name and warm it up with one image.

    `best` is every network whose model is installed, `a+b` the networks a and b. `files` overrides the paths in
    `face_models`, by network name. Raises ValueError for an unknown name, FileNotFoundError for a missing model.
    """
    models = _installed(name, files or {})
    definitions = [definition_of(model) for model in models]
    networks = [definition.load(path) for definition, path in zip(definitions, models.values(), strict=True)]
    calibrations, scales = calibrations_of(definitions), scales_of(definitions)

    def members(pyramids: Iterable[Pyramid]) -> list[Member]:
        return [Member(*parts) for parts in zip(networks, pyramids, calibrations, strict=True)]

    info = DetectorInfo(
        name="+".join(model.name for model in models),
        version="+".join(_version(model, path) for model, path in models.items()),
        quality=quality,
    )
    thresholds = thresholds_of(definitions, quality)
    redactor = Detector(info, members(each.redacting[quality] for each in scales), thresholds)
    detector = Detector(info, members(each.reporting[quality] for each in scales), thresholds, redactor)
    detector.detect(np.zeros((480, 640, 3), np.uint8), detector.threshold)
    return detector


def _installed(name: str, files: Mapping[str, Path]) -> Mapping[Model, Path]:
    """Return the models of a detector with their paths. Raises FileNotFoundError; `best` needs one of them only."""
    paths = {model: files.get(model.name, model.path) for model in models_of(name)}
    installed = {model: path for model, path in paths.items() if path.is_file()}
    missing = [model for model in paths if model not in installed]
    if missing and (name != BEST or not installed):
        model = missing[0]
        raise FileNotFoundError(f"The model {paths[model]} is missing; `make model MODEL={model.name}` fetches it.")
    return installed


def _version(model: Model, path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[: len(model.version)]
