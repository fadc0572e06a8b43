"""What a network is to the detector: an interface, and how it is used at each quality."""

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
        """Run one forward pass on the pixels, unscaled; scores are at or above the threshold."""
        ...

    def reload(self) -> None:
        """Load the model again, which frees the buffers of the largest image so far."""
        ...


@dataclass(frozen=True)
class Thresholds:
    """Scores, 0 to 1, from which a face is reported and from which it is redacted, and a size.

    Reporting aims at a precision of about 93 %. Redacting is chosen for recall: a false blur costs little, a missed
    face much. Where a coarse pass shows a face smaller than `small_side`, in its pixels, there may be others that it
    does not show.
    """

    report: float
    redact: float
    small_side: int = 36


@dataclass(frozen=True)
class Scales:
    """The image pyramids of a network by quality.

    `coarse` is that of a first pass, after which an image with large faces only is done (early_exit.py). A quality
    without it has one pass, as have images in which faces are redacted: what is missed there stays visible.
    """

    coarse: Mapping[Quality, Pyramid]
    reporting: Mapping[Quality, Pyramid]
    redacting: Mapping[Quality, Pyramid]


@dataclass(frozen=True)
class NetworkDefinition:
    """A network: how it is loaded and used, alone and as a member of an ensemble."""

    load: Callable[[Path], Network]
    alone: Scales
    thresholds: Mapping[Quality, Thresholds]
    in_ensemble: Scales
    # Shift in logits that makes its scores comparable with those of the other networks: where two networks give the
    # same calibrated score, the same share of their detections are faces.
    calibration: float = 0.0
