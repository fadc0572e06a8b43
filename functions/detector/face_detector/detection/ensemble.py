"""How networks work together: with which pyramids, and from which fused score a face counts.

Measured on photos of WIDER FACE: docs/decisions/0007-hiding.md and 0014-fusion.md.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from facelib.job import Quality

from face_detector.detection.network import NetworkDefinition, Scales, Thresholds

# Fused scores are means of calibrated ones, so they do not depend on how many networks there are.
_REDACT: Final = 0.15
_THRESHOLDS: Final[Mapping[Quality, Thresholds]] = {
    Quality.FAST: Thresholds(0.35, _REDACT),
    Quality.BALANCED: Thresholds(0.35, _REDACT),
    # In tiles the networks agree more often on false positives.
    Quality.THOROUGH: Thresholds(0.42, _REDACT),
}


def thresholds_of(networks: Sequence[NetworkDefinition], quality: Quality) -> Thresholds:
    """Return the thresholds of one network alone, or of several together."""
    return networks[0].thresholds if len(networks) == 1 else _THRESHOLDS[quality]


def scales_of(networks: Sequence[NetworkDefinition]) -> list[Scales]:
    """Return the scales in which each network works alone, or beside the others."""
    return [network.alone if len(networks) == 1 else network.in_ensemble for network in networks]


def calibrations_of(networks: Sequence[NetworkDefinition]) -> list[float]:
    """Return the shift of each network's scores; one that works alone has thresholds of its own instead."""
    return [0.0 if len(networks) == 1 else network.calibration for network in networks]
