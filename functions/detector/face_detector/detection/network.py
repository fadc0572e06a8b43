"""The interface of networks, and how each is used at each quality."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from facelib.domain.job import Quality

from face_detector.detection.detections import Detections
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels


class Network(Protocol):
    """A loaded model, for images of any size."""

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        """Run one forward pass on the unscaled pixels; return detections with scores at or above the threshold."""
        ...

    def reload(self) -> None:
        """Load the model again, to free the buffers that it allocated for the largest image so far."""
        ...


@dataclass(frozen=True)
class Thresholds:
    """Minimum scores (0 to 1) of faces that are reported and of faces that are hidden, and a minimum size.

    The threshold for reporting gives a precision of about 93 %. The one for hiding is chosen for recall, because a
    false blur does less harm than a missed face. If a coarse pass detects a face smaller than `small_side` (in pixels
    of the scaled image), it may have missed other small faces.
    """

    report: float
    redact: float
    small_side: int = 36


@dataclass(frozen=True)
class Scales:
    """The image pyramids of a network by quality.

    `coarse` is for a first pass, which is the only one if it finds only large faces (early_exit.py). A quality without
    `coarse` has one pass, as do images in which faces are hidden, because a missed face would stay visible.
    """

    coarse: Mapping[Quality, Pyramid]
    reporting: Mapping[Quality, Pyramid]
    redacting: Mapping[Quality, Pyramid]


@dataclass(frozen=True)
class NetworkDefinition:
    """A network: how it is loaded and used, by itself and in an ensemble."""

    load: Callable[[Path], Network]
    alone: Scales
    thresholds: Mapping[Quality, Thresholds]
    in_ensemble: Scales
    # Shift in logits that makes the scores of networks comparable: if two networks give the same calibrated score, the
    # same share of their detections are faces.
    calibration: float = 0.0
