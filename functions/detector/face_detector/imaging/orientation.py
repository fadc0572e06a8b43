"""EXIF orientations: 1 is upright, 2 to 8 are mirrored or rotated (EXIF 2.32, table 4, tag 274)."""

from typing import Final

import cv2

from face_detector.imaging.pixels import Pixels, as_pixels

# Orientations in which the stored rows are the columns of the upright image.
TRANSPOSED: Final = frozenset({5, 6, 7, 8})
# The code for cv2.flip, after orientations 5 to 8 are transposed: 1 mirrors left and right, 0 top and bottom, -1 both.
_FLIP: Final = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Apply an EXIF orientation (1 to 8)."""
    flip = _FLIP.get(orientation)
    if orientation not in TRANSPOSED:
        return pixels if flip is None else as_pixels(cv2.flip(pixels, flip))
    transposed = as_pixels(cv2.transpose(pixels))
    # In place, because memory has no room for a third copy of the largest images.
    return transposed if flip is None else as_pixels(cv2.flip(transposed, flip, dst=transposed))
