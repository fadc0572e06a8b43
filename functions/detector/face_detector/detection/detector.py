"""The faces in an image, by one network or by several that agree, as hard as asked."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from face_models import BEST, CENTERFACE, MODELS, YUNET, Model
from facelib.job import DetectorInfo, Quality

from face_detector.detection.centerface import CenterFace
from face_detector.detection.detections import Detections
from face_detector.detection.fusion import Vote, fuse
from face_detector.detection.network import Network
from face_detector.detection.presets import Preset, preset_for
from face_detector.detection.pyramid import Pyramid, Tile
from face_detector.detection.yunet import YuNet
from face_detector.imaging.pixels import Pixels

# OpenCV says on stderr, at every load, that its new engine runs on the CPU only.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

_NETWORKS: Final[Mapping[str, Callable[[Path], Network]]] = {CENTERFACE.name: CenterFace, YUNET.name: YuNet}
# Moves a score in logits to where it means the same as that of the other network. YuNet is the surer of itself:
# docs/decisions/0014-fusion.md.
_CALIBRATION: Final = {CENTERFACE.name: 0.0, YUNET.name: -1.0}
# A network's doubtful detections count where the other one finds a face as well.
_FUSION_FLOOR: Final = 0.05
# Of faces that several tiles show, the best one stays.
_TILES_IOU_THRESHOLD: Final = 0.4


@dataclass(frozen=True)
class Member:
    """A network, the scales in which it is shown an image, and the shift of its scores in logits."""

    network: Network
    pyramid: Pyramid
    calibration: float = 0.0

    def detect(self, pixels: Pixels, threshold: float) -> list[Detections]:
        """Return what was found in each scale, in pixels of the image."""
        scales: dict[float, list[Detections]] = {}
        for tile in self.pyramid.tiles(pixels):
            scales.setdefault(tile.scale, []).append(self._infer(tile, threshold))
        return [Detections.concatenated(tiles).non_max_suppression(_TILES_IOU_THRESHOLD) for tiles in scales.values()]

    def _infer(self, tile: Tile, threshold: float) -> Detections:
        detections = self.network.infer(tile.pixels, threshold)
        return tile.to_image(tile.filter(detections)).calibrated(self.calibration)


class Detector:
    """Networks that look at the same image; a face's score is their mean."""

    def __init__(self, info: DetectorInfo, members: Sequence[Member], preset: Preset) -> None:
        self.info = info
        self._members = members
        # The confidence, 0 to 1, from which a face is in the answer unless the job says otherwise ...
        self.threshold = preset.threshold
        # ... and from which it is redacted, whatever the answer leaves out.
        self.redact_threshold = preset.redact_threshold

    @property
    def long_side(self) -> int:
        """The most pixels on the long side that this detector can make use of."""
        return max(member.pyramid.max_side for member in self._members)

    def detect(self, pixels: Pixels, threshold: float) -> Detections:
        """Find faces in the pixels; by descending score, in pixels of this image."""
        floor = min(threshold, _FUSION_FLOOR)
        votes = [
            Vote(index, detections)
            for index, member in enumerate(self._members)
            for detections in member.detect(pixels, floor)
        ]
        fused = fuse(votes, len(self._members))
        return fused.filtered(fused.scores >= threshold)

    def reload(self) -> None:
        """Give back the memory that the networks keep from one image to the next."""
        for member in self._members:
            member.network.reload()


def load_detector(name: str, quality: Quality, files: Mapping[str, Path] | None = None) -> Detector:
    """Load a detector by name and run it once, so that the first image does not pay for it.

    `best` is every network whose model is in its place. Models come from their places in `face_models` unless another
    file is given by the network's name.
    Raises ValueError for a name that does not exist, FileNotFoundError if no model's file is in place.
    """
    paths = {model: (files or {}).get(model.name, model.path) for model in _models(name)}
    there = {model: path for model, path in paths.items() if path.is_file()}
    if not there:
        model, path = next(iter(paths.items()))
        raise FileNotFoundError(f"The model {path} is missing; `make model MODEL={model.name}` fetches it.")
    preset = preset_for(frozenset(model.name for model in there), quality)
    members = [
        Member(
            _NETWORKS[model.name](path),
            preset.pyramids[model.name],
            _CALIBRATION[model.name] if len(there) > 1 else 0.0,
        )
        for model, path in there.items()
    ]
    info = DetectorInfo(
        name="+".join(model.name for model in there),
        version="+".join(_version(model, path) for model, path in there.items()),
        quality=quality,
    )
    detector = Detector(info, members, preset)
    detector.detect(np.zeros((480, 640, 3), np.uint8), detector.threshold)
    return detector


def _models(name: str) -> Sequence[Model]:
    if name == BEST:
        return tuple(MODELS.values())
    if name in MODELS:
        return (MODELS[name],)
    raise ValueError(f"There is no detector {name!r}; choose one of {', '.join([BEST, *sorted(MODELS)])}.")


def _version(model: Model, path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[: len(model.version)]
