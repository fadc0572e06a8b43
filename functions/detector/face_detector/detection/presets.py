"""Which scales of an image each network is shown, and from which score on a face is one.

The numbers were measured on photos of WIDER FACE: docs/decisions/0005-quality.md and 0014-fusion.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from face_models import CENTERFACE, YUNET
from facelib.job import Quality

from face_detector.detection.pyramid import Pyramid


@dataclass(frozen=True)
class Preset:
    """For networks that work together: by name their pyramid, and the thresholds of their common score, 0 to 1."""

    pyramids: Mapping[str, Pyramid]
    # From this score on a face is in the answer: about 93 of 100 are faces.
    threshold: float
    # From this score on blur and pixelate hide it: a false blur costs little, a missed face much.
    redact_threshold: float


_FAST: Final = Pyramid((640,), 640)
_BALANCED: Final = Pyramid((320, 1024), 1024, max_upscale=2.0)
_THOROUGH: Final = Pyramid((512, 1024, 2560), 4096, max_upscale=2.5)
_ALONE: Final = {Quality.FAST: _FAST, Quality.BALANCED: _BALANCED, Quality.THOROUGH: _THOROUGH}

# CenterFace places large faces well and costs four times as much a pixel, so YuNet looks for the small ones. In tiles
# both see more, and agree more often where there is no face, so the threshold is higher there.
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
