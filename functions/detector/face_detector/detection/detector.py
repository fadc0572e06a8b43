"""A detector: one network or an ensemble of networks, at one quality."""

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
from facelib.domain.job import DetectorInfo, Quality

from face_detector.detection.detections import Detections
from face_detector.detection.early_exit import is_enough
from face_detector.detection.ensemble import passes_of, roles_of
from face_detector.detection.fusion import Vote, fuse
from face_detector.detection.network import Network, Thresholds
from face_detector.detection.networks import definition_of
from face_detector.detection.pyramid import Pyramid, best_scales, tiles
from face_detector.imaging.pixels import Pixels

# Whenever a model is loaded, OpenCV warns on stderr that its new engine runs only on the CPU.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

# Detections with scores down to this one are fused, because another network may have detected the same face.
_FUSION_FLOOR: Final = 0.05
# Suppresses duplicates in the overlap of tiles.
_TILES_IOU_THRESHOLD: Final = 0.4


# Detections, by the scale's long side in pixels.
ByScale = dict[int, Detections]


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="network")


@dataclass(frozen=True)
class Member:
    """A network of the ensemble, with the pyramids of its passes (coarse to fine) and its calibration in logits."""

    network: Network
    passes: tuple[Pyramid, ...]
    calibration: float = 0.0

    def detect(self, pixels: Pixels, number: int, threshold: float, known: ByScale) -> ByScale:
        """Return a pass's detections, in pixels of the image. The network does not run again at scales in `known`."""
        sides = self.passes[number].sizes(max(pixels.shape[:2]))
        return {side: known[side] if side in known else self._detect_at(pixels, side, threshold) for side in sides}

    def _detect_at(self, pixels: Pixels, long_side: int, threshold: float) -> Detections:
        parts = [
            tile.to_scale(tile.filter(self.network.infer(tile.pixels, threshold))) for tile in tiles(pixels, long_side)
        ]
        factor = max(pixels.shape[:2]) / long_side
        whole = Detections.concatenated(parts).non_max_suppression(_TILES_IOU_THRESHOLD)
        return whole.scaled(factor, factor).calibrated(self.calibration)


class Detector:
    """An ensemble of networks, whose detections are fused."""

    # A detector with finer pyramids, for hiding faces; None if it is this detector.
    _redactor: "Detector | None" = None

    def __init__(
        self,
        info: DetectorInfo,
        members: Sequence[Member],
        thresholds: Thresholds,
        redactor: "Detector | None" = None,
    ) -> None:
        self.info = info
        self.members = members
        self._redactor = redactor
        self.thresholds = thresholds
        # Minimum confidence of a reported face, unless the job sets another.
        self.threshold = thresholds.report
        # Minimum confidence of a hidden face. No option changes it.
        self.redact_threshold = thresholds.redact

    @property
    def redactor(self) -> "Detector":
        """The detector for images in which faces are hidden."""
        return self._redactor or self

    @property
    def long_side(self) -> int:
        """The long side in pixels above which a larger image does not improve detection."""
        return max(pyramid.max_side for member in self.members for pyramid in member.passes)

    def detect(self, pixels: Pixels, threshold: float) -> Detections:
        """Return the faces at or above the threshold, by descending score."""
        floor = min(threshold, _FUSION_FLOOR)
        longest = max(pixels.shape[:2])
        faces, found = Detections.none(), [ByScale() for _ in self.members]
        for number in range(len(self.members[0].passes)):
            found = self._run_pass(number, pixels, floor, found)
            faces = self._fused(found, longest)
            if is_enough(faces, max(map(max, found)) / longest, self.thresholds):
                break
        return faces.filtered(faces.scores >= threshold)

    def _run_pass(self, number: int, pixels: Pixels, threshold: float, known: Sequence[ByScale]) -> list[ByScale]:
        # On two processors, running networks in parallel is faster than running each with two threads.
        run = _executor().map if cv2.getNumThreads() > 1 else map
        return list(run(lambda member, scales: member.detect(pixels, number, threshold, scales), self.members, known))

    def _fused(self, found: Sequence[ByScale], longest: int) -> Detections:
        votes = [
            Vote(index, detections, side / longest)
            for index, scales in enumerate(found)
            for side, detections in best_scales(scales, longest).items()
        ]
        return fuse(votes, len(self.members))

    def reload(self) -> None:
        """Free the buffers that the networks retain between images."""
        for member in self.members:
            member.network.reload()


def load_detector(name: str, quality: Quality, files: Mapping[str, Path] | None = None) -> Detector:
    """Load a detector by name, and warm it up with one image.

    `best` uses every network whose model is installed, `a+b` the networks a and b. `files` overrides the paths in
    `face_models`, by network name. Raises ValueError for an unknown name, FileNotFoundError for a missing model.
    """
    models = _installed(name, files or {})
    definitions = [definition_of(model) for model in models]
    networks = [definition.load(path) for definition, path in zip(definitions, models.values(), strict=True)]
    thresholds, scales, calibrations = roles_of(definitions, quality)

    def members(passes: Iterable[tuple[Pyramid, ...]]) -> list[Member]:
        return [Member(*parts) for parts in zip(networks, passes, calibrations, strict=True)]

    info = DetectorInfo(
        name="+".join(model.name for model in models),
        version="+".join(_version(model, path) for model, path in models.items()),
        quality=quality,
    )
    redactor = Detector(info, members((each.redacting[quality],) for each in scales), thresholds)
    detector = Detector(info, members(passes_of(scales, quality)), thresholds, redactor)
    # A broken model is found here. The image is small, because the first photo is waiting.
    detector.detect(np.zeros((60, 80, 3), np.uint8), detector.threshold)
    return detector


def _installed(name: str, files: Mapping[str, Path]) -> Mapping[Model, Path]:
    """Return the installed models of a detector with their paths.

    Raises FileNotFoundError if a model is missing; for `best`, one model is enough.
    """
    paths = {model: files.get(model.name, model.path) for model in models_of(name)}
    installed = {model: path for model, path in paths.items() if path.is_file()}
    missing = [model for model in paths if model not in installed]
    if missing and (name != BEST or not installed):
        model = missing[0]
        raise FileNotFoundError(f"The model {paths[model]} is missing. To download it: make model MODEL={model.name}")
    return installed


def _version(model: Model, path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[: len(model.version)]
