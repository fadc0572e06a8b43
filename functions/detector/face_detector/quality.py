"""Image quality of a face."""

from typing import Final

import cv2
import numpy as np
from facelib.domain.face import FaceQuality

from face_detector.imaging.pixels import Pixels
from face_detector.imaging.scale import size_within

# Larger faces are reduced to this long side before they are measured; smaller faces are not enlarged, because that
# would blur them.
_LONG_SIDE: Final = 96
# Variance that corresponds to a sharpness of 50, as in a portrait in focus at this size.
_HALF_SHARPNESS_VARIANCE: Final = 300.0


def quality_of(pixels: Pixels, box: tuple[float, float, float, float]) -> FaceQuality:
    """Measure the face in a box (left, top, width, height) of the pixels.

    Brightness is the mean luma (ITU-R BT.601), 0 for black to 100 for white. Sharpness is 100 v / (v + 300), where v is
    the variance of the Laplacian of the luma, with the face scaled to at most 96 px; 0 for a flat area. For this
    measure, see Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000.
    """
    rows, columns = pixels.shape[:2]
    left, top = (int(min(max(at, 0), last - 1)) for at, last in zip(box[:2], (columns, rows), strict=True))
    right, bottom = (max(int(box[0] + box[2]), left + 1), max(int(box[1] + box[3]), top + 1))
    luma = cv2.cvtColor(pixels[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    height, width = luma.shape
    if max(width, height) > _LONG_SIDE:
        luma = cv2.resize(luma, size_within(width, height, _LONG_SIDE), interpolation=cv2.INTER_AREA)
    variance = float(cv2.Laplacian(luma, cv2.CV_32F).var())
    return FaceQuality(
        brightness=round(float(np.mean(luma)) / 255 * 100, 1),
        sharpness=round(100 * variance / (variance + _HALF_SHARPNESS_VARIANCE), 1),
    )
