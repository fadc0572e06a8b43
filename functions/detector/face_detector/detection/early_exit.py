"""Coarse to fine with an early exit: most photos show a few large faces, which a small scale detects as well.

Measured on photos of WIDER FACE: docs/decisions/0014-fusion.md.
"""

from face_detector.detection.detections import Detections
from face_detector.detection.network import Thresholds


def is_enough(faces: Detections, scale: float, thresholds: Thresholds) -> bool:
    """Return whether finer scales are not worth their time: there are faces, and each is large and beyond doubt.

    Faces are in pixels of the image, `scale` is pixels per pixel of it. A face that would be redacted but not reported
    is in doubt; what is below both thresholds does not count.
    """
    candidates = faces.filtered(faces.scores >= thresholds.redact)
    if not len(candidates):
        return False
    is_sure = candidates.scores >= thresholds.report
    is_large = candidates.sizes * scale >= thresholds.small_side
    return bool((is_sure & is_large).all())
