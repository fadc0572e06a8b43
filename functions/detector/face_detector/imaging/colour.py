"""Converts pixels to sRGB, using the colour profile of their file."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageCms

from face_detector.imaging import icc
from face_detector.imaging.pixels import Pixels, as_pixels

# White stays white and black becomes black; other colours are kept if sRGB includes them
# (docs/decisions/0023-colours.md).
_INTENT: Final = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS: Final = ImageCms.Flags.BLACKPOINTCOMPENSATION
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# A profile that changes colours by at most this many levels counts as sRGB. Common sRGB profiles differ by one level.
_UNSEEN: Final = 2
_BAND_ROWS: Final = 128
# Pillow's modes with 4 bytes per pixel do not require repacking.
_RGB: Final = "RGBX"
_MODES: Final = {icc.Space.RGB: _RGB, icc.Space.GREY: "L", icc.Space.CMYK: "CMYK"}


@dataclass(frozen=True)
class _Conversion:
    """How the pixels of one colour space are converted to sRGB."""

    space: icc.Space
    transform: ImageCms.ImageCmsTransform


def to_srgb(pixels: Pixels, profile: bytes) -> Pixels:
    """Convert in place, to save memory; pixels whose profile is sRGB, broken or empty do not change."""
    conversion = _conversion(profile) if profile else None
    if conversion is None:
        return pixels
    if conversion.space is icc.Space.RGB:
        _in_bands(lambda band: _transformed(conversion, cv2.cvtColor(band, cv2.COLOR_BGR2RGBA)), pixels, pixels)
    elif conversion.space is icc.Space.GREY and _is_grey(pixels):
        levels = np.arange(256, dtype=np.uint8).reshape(1, -1)
        cv2.LUT(pixels, _transformed(conversion, levels), dst=pixels)
    return pixels


def is_cmyk(profile: bytes) -> bool:
    """Return whether `cmyk_to_srgb` can use a profile."""
    conversion = _conversion(profile) if profile else None
    return conversion is not None and conversion.space is icc.Space.CMYK


def cmyk_to_srgb(inks: Pixels, profile: bytes) -> Pixels:
    """Convert (height, width, 4) pixels; as in JPEGs, 255 stands for no ink. Raises ValueError unless `is_cmyk`."""
    conversion = _conversion(profile)
    if conversion is None or conversion.space is not icc.Space.CMYK:
        raise ValueError("the profile is not for CMYK")
    converted = np.empty((*inks.shape[:2], 3), np.uint8)
    _in_bands(lambda band: _transformed(conversion, cv2.bitwise_not(band)), inks, converted)
    return converted


@lru_cache(maxsize=8)
def _conversion(profile: bytes) -> _Conversion | None:
    """Return the conversion, or None for a profile that changes nothing or cannot be used."""
    space = icc.space(profile)
    if space is None:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc.without_element_lists(profile)))
        transform = ImageCms.buildTransform(source, _SRGB, _MODES[space], _RGB, _INTENT, _FLAGS)
    # A photo with a broken profile is still accepted.
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    conversion = _Conversion(space, transform)
    return None if _changes_nothing(conversion) else conversion


def _changes_nothing(conversion: _Conversion) -> bool:
    probe: Pixels
    if conversion.space is icc.Space.CMYK:
        return False
    if conversion.space is icc.Space.GREY:
        probe = np.arange(256, dtype=np.uint8).reshape(1, -1)
        expected = cv2.cvtColor(probe, cv2.COLOR_GRAY2BGR)
    else:
        levels = np.arange(0, 256, 17, dtype=np.uint8)
        colours = np.stack(np.meshgrid(levels, levels, levels, np.uint8(255)), axis=-1)
        probe = colours.reshape(1, -1, 4)
        expected = cv2.cvtColor(probe, cv2.COLOR_RGBA2BGR)
    return int(cv2.absdiff(_transformed(conversion, probe), expected).max()) <= _UNSEEN


def _transformed(conversion: _Conversion, band: Pixels | cv2.typing.MatLike) -> Pixels:
    """Convert pixels, which have the mode of the conversion's colour space, to BGR."""
    mode = _MODES[conversion.space]
    size = band.shape[1], band.shape[0]
    image = Image.frombuffer(mode, size, np.ascontiguousarray(band), "raw", mode, 0, 1)
    return as_pixels(cv2.cvtColor(np.asarray(conversion.transform.apply(image)), cv2.COLOR_RGBA2BGR))


def _in_bands(convert: Callable[[Pixels], Pixels], source: Pixels, target: Pixels) -> None:
    for top in range(0, len(source), _BAND_ROWS):
        target[top : top + _BAND_ROWS] = convert(source[top : top + _BAND_ROWS])


def _is_grey(pixels: Pixels) -> bool:
    return all(np.array_equal(pixels[..., 0], pixels[..., channel]) for channel in (1, 2))
