"""Fast scaling of images."""

import cv2

from face_detector.imaging.pixels import Pixels, as_pixels


def size_within(width: int, height: int, long_side: float) -> tuple[int, int]:
    """Return width and height scaled so that the longer side is `long_side`; both are at least one pixel."""
    factor = long_side / max(width, height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def scale_to(pixels: Pixels, long_side: int, interpolation: int = cv2.INTER_LINEAR) -> Pixels:
    """Scale to this long side: repeated halving by area, which is fast, then one step with `interpolation`."""
    height, width = pixels.shape[:2]
    target = size_within(width, height, long_side)
    while width >= 2 * target[0] and height >= 2 * target[1] and min(width, height) >= 2:
        # An odd last row or column is dropped: OpenCV's fast path needs exact halves.
        width, height = width // 2, height // 2
        pixels = as_pixels(cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA))
    if (width, height) == target:
        return pixels
    return as_pixels(cv2.resize(pixels, target, interpolation=interpolation))
