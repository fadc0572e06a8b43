"""How networks are combined: their pyramids, and the lowest fused score at which a detection counts as a face.

Measured on photos of WIDER FACE: docs/decisions/0007-hiding.md and 0014-fusion.md.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from facelib.domain.job import Quality

from face_detector.detection.network import NetworkDefinition, Scales, Thresholds
from face_detector.detection.pyramid import Pyramid

# Fused scores are means of calibrated scores, so they do not depend on the number of networks.
_REDACT: Final = 0.15
_THRESHOLDS: Final[Mapping[Quality, Thresholds]] = {
    Quality.FAST: Thresholds(0.35, _REDACT),
    Quality.BALANCED: Thresholds(0.35, _REDACT),
    # In tiles, both networks report the same false positives more often.
    Quality.THOROUGH: Thresholds(0.42, _REDACT),
}


def roles_of(networks: Sequence[NetworkDefinition], quality: Quality) -> tuple[Thresholds, list[Scales], list[float]]:
    """Return the thresholds of the combined networks, and the scales and the calibration of each network.

    A single network has its own thresholds instead of a calibration.
    """
    if len(networks) == 1:
        (alone,) = networks
        return alone.thresholds[quality], [alone.alone], [0.0]
    scales = [network.in_ensemble for network in networks]
    return _THRESHOLDS[quality], scales, [network.calibration for network in networks]


def passes_of(scales: Sequence[Scales], quality: Quality) -> list[tuple[Pyramid, ...]]:
    """Return each network's pyramids, coarse to fine. If any lacks a coarse pass, each runs only its fine pass."""
    if any(quality not in each.coarse for each in scales):
        return [(each.reporting[quality],) for each in scales]
    return [(each.coarse[quality], each.reporting[quality]) for each in scales]
