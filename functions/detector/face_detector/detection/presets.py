"""The image pyramids and thresholds of each quality.

Measured on photos of WIDER FACE: docs/decisions/0005-quality.md and 0014-fusion.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from face_models import CENTERFACE, YUNET
from facelib.job import Quality

from face_detector.detection.pyramid import Pyramid


@dataclass(frozen=True)
class Preset:
    """The pyramids of an ensemble by network name, and the thresholds of its fused score, 0 to 1."""

    pyramids: Mapping[str, Pyramid]
    # A face is reported from this score on: a precision of about 93 %.
    threshold: float
    # A face is redacted from this score on, chosen for recall: a false blur costs little, a missed face much.
    redact_threshold: float


_FAST: Final = Pyramid((640,), 640)
_BALANCED: Final = Pyramid((320, 1024), 1024, max_upscale=2.0)
_THOROUGH: Final = Pyramid((512, 1024, 2560), 4096, max_upscale=2.5)
_ALONE: Final = {Quality.FAST: _FAST, Quality.BALANCED: _BALANCED, Quality.THOROUGH: _THOROUGH}

# CenterFace localises large faces well but costs four times as much per pixel, so small faces are left to YuNet. In
# tiles both networks agree more often on false positives, hence the higher threshold.
_TOGETHER: Final = {
    Quality.FAST: (Pyramid((320,), 320), Pyramid((320, 1024), 1024, max_upscale=1.5), 0.3),
    Quality.BALANCED: (Pyramid((640,), 640), Pyramid((320, 1024), 1024, max_upscale=2.0), 0.3),
    Quality.THOROUGH: (_THOROUGH, Pyramid((512, 1024), 1024, max_upscale=2.0), 0.36),
}


def preset_for(networks: frozenset[str], quality: Quality) -> Preset:
    """Return the preset for one network by name, or for both together."""
    if networks == {CENTERFACE.name}:
        return Preset({CENTERFACE.name: _ALONE[quality]}, threshold=0.35, redact_threshold=0.2)
    if networks == {YUNET.name}:
        return Preset({YUNET.name: _ALONE[quality]}, threshold=0.7, redact_threshold=0.4)
    centerface, yunet, threshold = _TOGETHER[quality]
    return Preset({CENTERFACE.name: centerface, YUNET.name: yunet}, threshold, redact_threshold=0.15)
