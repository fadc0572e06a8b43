"""What every stage hands to the next."""

import numpy as np
import numpy.typing as npt

# (height, width, 3) uint8, blue first, as OpenCV has them.
Pixels = npt.NDArray[np.uint8]


def as_pixels(array: object) -> Pixels:
    """Tell the type checker what OpenCV and simplejpeg return."""
    return np.asarray(array, np.uint8)
