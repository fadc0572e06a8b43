"""Reads the colour profile in an image file, or creates the one that its code points define."""

import struct
import zlib
from typing import Final

from facelib.domain import limits
from facelib.domain.job import ImageFormat
from PIL import Image

from face_detector.imaging import cicp, icc, isobmff, png
from face_detector.imaging.cicp import CodePoints
from face_detector.imaging.icc import Chromaticities

# If a PNG has several descriptions of its colours, the first one in this order applies (PNG, third edition, 4.3).
_PNG_COLOURS: Final = (b"cICP", b"iCCP", b"sRGB", b"gAMA")
_EMBEDDED: Final = frozenset({*_PNG_COLOURS, b"cHRM"})


def profile_of(data: bytes, image_format: ImageFormat, image: Image.Image) -> bytes:
    """Return an ICC profile for the pixels, or empty bytes if they are sRGB or no profile is usable."""
    profile = _of_png(data) if image_format is ImageFormat.PNG else image.info.get("icc_profile")
    if not profile and image_format in (ImageFormat.AVIF, ImageFormat.HEIC):
        points = isobmff.read_items(data).nclx()
        return cicp.profile(CodePoints(*points)) if points else b""
    if not isinstance(profile, bytes) or len(profile) > limits.PROFILE_BYTES:
        return b""
    space = icc.space(profile)
    suits = space is not None and (space is icc.Space.CMYK) == (image.mode == "CMYK")
    return profile if suits else b""


def _of_png(data: bytes) -> bytes:
    present: dict[bytes, bytes] = {}
    for kind, at, length in png.chunks(data):
        if kind == b"IDAT":
            break
        if kind in _EMBEDDED and length <= limits.PROFILE_BYTES:
            present.setdefault(kind, data[at + 8 : at + 8 + length])
    first = next((kind for kind in _PNG_COLOURS if kind in present), None)
    try:
        if first == b"cICP":
            return cicp.profile(CodePoints(*present[first][:2]))
        if first == b"iCCP":
            return _inflated(present[first])
        if first == b"gAMA" and b"cHRM" in present:
            return _of_chromaticities(present[b"gAMA"], present[b"cHRM"])
    # A photo with unreadable metadata is still accepted.
    except (ValueError, TypeError, ArithmeticError, zlib.error, struct.error):
        pass
    return b""


def _inflated(chunk: bytes) -> bytes:
    """Return the decompressed profile, which follows a name, a zero byte and the compression method (11.3.2.3)."""
    packed = chunk[chunk.index(b"\0") + 2 :]
    return zlib.decompressobj().decompress(packed, limits.PROFILE_BYTES + 1)


def _of_chromaticities(gamma: bytes, chromaticities: bytes) -> bytes:
    exponent = 100_000 / int.from_bytes(gamma[:4])
    white, red, green, blue = ((x / 100_000, y / 100_000) for x, y in struct.iter_unpack(">II", chromaticities[:32]))
    return cicp.chromatic_profile(Chromaticities(red, green, blue, white), exponent)
