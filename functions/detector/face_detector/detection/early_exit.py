"""Decides whether a coarse pass is enough: most photos show a few large faces, which a small scale also detects.

The measurements, on photos of WIDER FACE, are in docs/decisions/0014-fusion.md.
"""

from face_detector.detection.detections import Detections
from face_detector.detection.network import Thresholds


def is_enough(faces: Detections, scale: float, thresholds: Thresholds) -> bool:
    """Return whether the finer scales can be skipped: there are faces, and all of them are large and certain.

    Faces are in pixels of the image; `scale` is the ratio of the finest scale so far to the image's size. A face that
    would be hidden but not reported is uncertain; detections below both thresholds are ignored.
    """
    candidates = faces.filtered(faces.scores >= thresholds.redact)
    if not len(candidates):
        return False
    is_sure = candidates.scores >= thresholds.report
    is_large = candidates.sizes * scale >= thresholds.small_side
    return bool((is_sure & is_large).all())
