"""The image pyramids and thresholds of each quality.

Measured on photos of WIDER FACE: docs/decisions/0005-quality.md, 0007-hiding.md and 0014-fusion.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from face_models import CENTERFACE, YUNET
from facelib.job import Quality

from face_detector.detection.pyramid import Pyramid

# By network name.
Pyramids = Mapping[str, Pyramid]


@dataclass(frozen=True)
class Preset:
    """The pyramids of an ensemble, and the thresholds of its fused score, 0 to 1."""

    pyramids: Pyramids
    # Finer ones for images in which faces are redacted: what is missed there stays visible.
    redact_pyramids: Pyramids
    # A face is reported from this score on: a precision of about 93 %.
    threshold: float
    # A face is redacted from this score on, chosen for recall: a false blur costs little, a missed face much.
    redact_threshold: float


_FAST: Final = Pyramid((640,), 640)
_THOROUGH: Final = Pyramid((512, 1024, 2560), 4096, max_upscale=2.5)
_CENTERFACE: Final[Mapping[Quality, Pyramids]] = {
    Quality.FAST: {CENTERFACE.name: _FAST},
    Quality.BALANCED: {CENTERFACE.name: Pyramid((192, 1024), 1024, max_upscale=2.0)},
    Quality.THOROUGH: {CENTERFACE.name: _THOROUGH},
}
_YUNET: Final[Mapping[Quality, Pyramids]] = {
    Quality.FAST: {YUNET.name: _FAST},
    Quality.BALANCED: {YUNET.name: Pyramid((320, 1024), 1024, max_upscale=2.0)},
    Quality.THOROUGH: {YUNET.name: _THOROUGH},
}

# CenterFace localises large faces well but costs four times as much per pixel, so small faces are left to YuNet.
_BOTH: Final[Mapping[Quality, Pyramids]] = {
    Quality.FAST: {
        CENTERFACE.name: Pyramid((384,), 384),
        YUNET.name: Pyramid((448, 1024), 1024, max_upscale=1.5),
    },
    Quality.BALANCED: {
        CENTERFACE.name: Pyramid((640,), 640, max_upscale=15 / 16),
        YUNET.name: Pyramid((448, 1024), 1024, max_upscale=2.0),
    },
    Quality.THOROUGH: {
        CENTERFACE.name: Pyramid((384, 1024, 2560), 4096, max_upscale=2.5),
        YUNET.name: Pyramid((512, 1024), 1024, max_upscale=2.0),
    },
}
# The finest scale is no larger than the smallest image that a result is made of, so that no more has to be decoded.
_BOTH_REDACTING: Final[Mapping[Quality, Pyramids]] = {
    Quality.FAST: _BOTH[Quality.BALANCED],
    Quality.BALANCED: {
        CENTERFACE.name: Pyramid((640,), 640),
        YUNET.name: Pyramid((448, 1024, 1800), 1800, max_upscale=2.0),
    },
    Quality.THOROUGH: _BOTH[Quality.THOROUGH],
}


def preset_for(networks: frozenset[str], quality: Quality) -> Preset:
    """Return the preset for one network by name, or for both together."""
    if networks == {CENTERFACE.name}:
        return Preset(_CENTERFACE[quality], _redacting(_CENTERFACE, quality), threshold=0.35, redact_threshold=0.2)
    if networks == {YUNET.name}:
        return Preset(_YUNET[quality], _redacting(_YUNET, quality), threshold=0.7, redact_threshold=0.4)
    # In tiles both networks agree more often on false positives.
    threshold = 0.42 if quality is Quality.THOROUGH else 0.35
    return Preset(_BOTH[quality], _BOTH_REDACTING[quality], threshold, redact_threshold=0.15)


def _redacting(pyramids: Mapping[Quality, Pyramids], quality: Quality) -> Pyramids:
    return pyramids[Quality.BALANCED if quality is Quality.FAST else quality]
