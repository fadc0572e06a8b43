"""YuNet, run by OpenCV's class `FaceDetectorYN`.

Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", https://doi.org/10.1007/s11633-023-1423-y
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from facelib.domain.job import Quality

from face_detector.detection.detections import Detections
from face_detector.detection.network import NetworkDefinition, Scales, Thresholds
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels

_IOU_THRESHOLD: Final = 0.45
_TOP_K: Final = 5_000
# Placeholders: both are set before every run.
_ANY_SIZE: Final = (32, 32)
_ANY_THRESHOLD: Final = 0.5


class YuNet:
    """The loaded network."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reload()

    def reload(self) -> None:
        """Load the model again, which is the only way to free its buffers."""
        self._net = cv2.FaceDetectorYN.create(str(self._path), "", _ANY_SIZE, _ANY_THRESHOLD, _IOU_THRESHOLD, _TOP_K)

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        """Run one forward pass; OpenCV applies non-maximum suppression."""
        height, width = pixels.shape[:2]
        self._net.setInputSize((width, height))
        self._net.setScoreThreshold(threshold)
        _, faces = self._net.detect(pixels)
        if faces is None:
            return Detections.none()
        # Each row contains a box (4 columns), five landmarks (2 columns each) and a score.
        boxes, landmarks, scores = np.split(np.asarray(faces, np.float32), [4, 14], axis=1)
        return Detections(boxes, scores[:, 0], landmarks.reshape(-1, 5, 2))


_ALONE: Final = Scales(
    # `fast` takes about 20 ms in one pass; a coarse pass would not save time.
    coarse={Quality.BALANCED: Pyramid((512,), 512)},
    reporting={
        Quality.FAST: Pyramid((640,), 640),
        Quality.BALANCED: Pyramid((512, 1024), 1024, max_upscale=2.0),
        Quality.THOROUGH: Pyramid((512, 1024, 2560), 4096, max_upscale=2.5),
    },
    redacting={
        Quality.FAST: Pyramid((320, 1024), 1024, max_upscale=2.0),
        Quality.BALANCED: Pyramid((320, 1024), 1024, max_upscale=2.0),
        Quality.THOROUGH: Pyramid((512, 1024, 2560), 4096, max_upscale=2.5),
    },
)
_IN_ENSEMBLE: Final = Scales(
    coarse=dict.fromkeys((Quality.FAST, Quality.BALANCED), Pyramid((448,), 448)),
    reporting={
        Quality.FAST: Pyramid((448, 1024), 1024, max_upscale=1.5),
        Quality.BALANCED: Pyramid((448, 1024), 1024, max_upscale=2.0),
        Quality.THOROUGH: Pyramid((512, 1024), 1024, max_upscale=2.0),
    },
    redacting={
        Quality.FAST: Pyramid((448, 1024), 1024, max_upscale=2.0),
        # Not larger than the smallest image from which results are drawn, so that detection does not require
        # decoding at a larger size.
        Quality.BALANCED: Pyramid((448, 1024, 1800), 1800, max_upscale=2.0),
        Quality.THOROUGH: Pyramid((512, 1024), 1024, max_upscale=2.0),
    },
)
NETWORK: Final = NetworkDefinition(
    load=YuNet,
    alone=_ALONE,
    thresholds=dict.fromkeys(Quality, Thresholds(report=0.7, redact=0.4)),
    in_ensemble=_IN_ENSEMBLE,
    # Negative, because YuNet's scores are too high compared with CenterFace's.
    calibration=-0.5,
)
