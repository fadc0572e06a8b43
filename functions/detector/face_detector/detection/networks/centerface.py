"""CenterFace: a face is a peak in a heatmap, with its size, offset and landmarks at the same position.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", https://arxiv.org/abs/1911.03599
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from facelib.domain.job import Quality

from face_detector.detection.detections import Detections
from face_detector.detection.network import NetworkDefinition, Scales, Thresholds
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels

# The names of the model's outputs: heatmap, scale, offset, landmarks.
_OUTPUTS: Final = ("537", "538", "539", "540")
# Input pixels per cell of the output.
_STRIDE: Final = 4
# The network halves its input five times.
_SIDE_MULTIPLE: Final = 32
_IOU_THRESHOLD: Final = 0.3


class CenterFace:
    """The loaded network."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reload()

    def reload(self) -> None:
        """Load the model again: the only way to free its buffers (260 MB after a 1,024 x 1,024 px image)."""
        # OpenCV's classic engine returns garbage for this model once the input shape changes.
        self._net = cv2.dnn.readNetFromONNX(str(self._path), engine=cv2.dnn.ENGINE_NEW)

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        """Run one forward pass, followed by non-maximum suppression."""
        height, width = pixels.shape[:2]
        padded = cv2.copyMakeBorder(
            pixels, 0, -height % _SIDE_MULTIPLE, 0, -width % _SIDE_MULTIPLE, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        self._net.setInput(cv2.dnn.blobFromImage(padded, swapRB=True))
        heatmap, scale, offset, landmarks = (np.asarray(blob)[0] for blob in self._net.forward(_OUTPUTS))
        return decode(heatmap[0], scale, offset, landmarks, threshold).non_max_suppression(_IOU_THRESHOLD)


def decode(
    heatmap: npt.NDArray[np.float32],
    scale: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    landmarks: npt.NDArray[np.float32],
    threshold: float,
) -> Detections:
    """Read the four outputs: heatmap (h, w), scale (2, h, w), offset (2, h, w), landmarks (10, h, w).

    Pairs are ordered y, x. Landmarks are fractions of the box's size, measured from its top left corner.
    """
    rows, columns = np.nonzero(heatmap > threshold)
    heights, widths = np.exp(scale[:, rows, columns]) * _STRIDE
    tops = (rows + offset[0, rows, columns] + 0.5) * _STRIDE - heights / 2
    lefts = (columns + offset[1, rows, columns] + 0.5) * _STRIDE - widths / 2
    points = landmarks[:, rows, columns]
    x, y = points[1::2] * widths + lefts, points[0::2] * heights + tops
    return Detections(
        boxes=np.column_stack((lefts, tops, widths, heights)).astype(np.float32),
        scores=heatmap[rows, columns].astype(np.float32),
        landmarks=np.stack((x.T, y.T), axis=2).astype(np.float32),
    )


_ALONE: Final = Scales(
    coarse={Quality.FAST: Pyramid((288,), 288), Quality.BALANCED: Pyramid((320,), 320)},
    reporting={
        Quality.FAST: Pyramid((640,), 640),
        Quality.BALANCED: Pyramid((320, 1024), 1024, max_upscale=2.0),
        Quality.THOROUGH: Pyramid((512, 1024, 2560), 4096, max_upscale=2.5),
    },
    redacting={
        Quality.FAST: Pyramid((192, 1024), 1024, max_upscale=2.0),
        Quality.BALANCED: Pyramid((192, 1024), 1024, max_upscale=2.0),
        Quality.THOROUGH: Pyramid((512, 1024, 2560), 4096, max_upscale=2.5),
    },
)
# CenterFace localises large faces well but takes four times as long per pixel as YuNet, so YuNet detects the small
# ones.
_IN_ENSEMBLE: Final = Scales(
    # At 256 px and below, the landmarks are so inexact that the pose is wrong by more than 6 degrees.
    coarse={Quality.FAST: Pyramid((224,), 224), Quality.BALANCED: Pyramid((320,), 320)},
    reporting={
        Quality.FAST: Pyramid((384,), 384),
        Quality.BALANCED: Pyramid((640,), 640, max_upscale=15 / 16),
        Quality.THOROUGH: Pyramid((384, 1024, 2560), 4096, max_upscale=2.5),
    },
    redacting={
        Quality.FAST: Pyramid((640,), 640, max_upscale=15 / 16),
        Quality.BALANCED: Pyramid((640,), 640),
        Quality.THOROUGH: Pyramid((384, 1024, 2560), 4096, max_upscale=2.5),
    },
)
NETWORK: Final = NetworkDefinition(
    load=CenterFace,
    alone=_ALONE,
    thresholds={
        Quality.FAST: Thresholds(report=0.35, redact=0.2, small_side=20),
        Quality.BALANCED: Thresholds(report=0.35, redact=0.2, small_side=32),
        Quality.THOROUGH: Thresholds(report=0.35, redact=0.2),
    },
    in_ensemble=_IN_ENSEMBLE,
)
