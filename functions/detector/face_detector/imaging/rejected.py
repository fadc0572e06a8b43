"""Errors for images that are rejected."""

from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason, ImageFormat


def corrupt(image_format: ImageFormat) -> ImageRejected:
    return ImageRejected(
        FailureReason.CORRUPT_IMAGE,
        f"The {image_format.value.upper()} file is damaged or incomplete and cannot be decoded.",
    )


def too_many_pixels(size: str, max_pixels: int) -> ImageRejected:
    return ImageRejected(
        FailureReason.TOO_MANY_PIXELS,
        f"The image has {size}; the maximum is {max_pixels // 1_000_000} megapixels.",
    )
