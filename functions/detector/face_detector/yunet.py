"""YuNet, through OpenCV's own class for it.

Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", https://doi.org/10.1007/s11633-023-1423-y
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from face_detector.candidates import CONFIDENCE, Candidates, none

_OVERLAP: Final = 0.45
_MOST: Final = 5_000


class YuNet:
    """The network, loaded; it takes images of any size, one after the other."""

    threshold = 0.7
    redact_threshold = 0.4

    def __init__(self, path: Path) -> None:
        self._path = path
        self.release()

    def release(self) -> None:
        """Load the network anew: the only way to give back its memory."""
        self._net = cv2.FaceDetectorYN.create(str(self._path), "", (32, 32), self.threshold, _OVERLAP, _MOST)

    def propose(self, pixels: npt.NDArray[np.uint8], threshold: float) -> Candidates:
        """Look once at (height, width, 3) uint8 BGR pixels; overlapping proposals are already suppressed."""
        height, width = pixels.shape[:2]
        self._net.setInputSize((width, height))
        self._net.setScoreThreshold(threshold)
        _, rows = self._net.detect(pixels)
        if rows is None:
            return none()
        # OpenCV puts the confidence last: x, y, width, height, five points, confidence.
        return np.insert(rows[:, :14], CONFIDENCE, rows[:, 14], axis=1).astype(np.float32)
