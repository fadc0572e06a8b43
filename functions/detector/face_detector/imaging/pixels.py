"""The type of an image in memory."""

import numpy as np
import numpy.typing as npt

# (height, width, 3) uint8 BGR, as in OpenCV.
Pixels = npt.NDArray[np.uint8]


def as_pixels(array: object) -> Pixels:
    """Return an array from OpenCV or simplejpeg as `Pixels`, which is more precise than its declared type."""
    return np.asarray(array, np.uint8)
