"""YuNet, through OpenCV's own class for it.

Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", https://doi.org/10.1007/s11633-023-1423-y
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from face_detector.detection.detections import Detections
from face_detector.imaging.pixels import Pixels

_IOU_THRESHOLD: Final = 0.45
_TOP_K: Final = 5_000
# Whatever the class is created with: both are set before every run.
_ANY_SIZE: Final = (32, 32)
_ANY_THRESHOLD: Final = 0.5


class YuNet:
    """The network, loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reload()

    def reload(self) -> None:
        """Load the model again: the only way to give back its memory."""
        self._net = cv2.FaceDetectorYN.create(str(self._path), "", _ANY_SIZE, _ANY_THRESHOLD, _IOU_THRESHOLD, _TOP_K)

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        """Run once; detections that overlap are already suppressed."""
        height, width = pixels.shape[:2]
        self._net.setInputSize((width, height))
        self._net.setScoreThreshold(threshold)
        _, found = self._net.detect(pixels)
        if found is None:
            return Detections.none()
        # OpenCV's rows: left, top, width, height, x and y of five points, score.
        rows = np.asarray(found, np.float32)
        return Detections(boxes=rows[:, :4], scores=rows[:, 14], landmarks=rows[:, 4:14].reshape(-1, 5, 2))
