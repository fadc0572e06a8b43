"""Decodes files to pixels, at a reduced size if that is enough."""

import io
import warnings
import zlib
from typing import Final

import cv2
import numpy as np
import simplejpeg
from facelib.domain.job import ImageFormat
from PIL import Image, ImageFile

from face_detector.imaging.colour import cmyk_to_srgb, is_cmyk
from face_detector.imaging.header import Header
from face_detector.imaging.picture import picture_only
from face_detector.imaging.pixels import Pixels, as_pixels
from face_detector.imaging.rejected import corrupt

# libjpeg can decode to 1/2, 1/4 or 1/8 of the size, in less time and memory.
_JPEG_DIVISORS: Final = (8, 4, 2)
# libjpeg's warnings about lost pixels; after any other warning, the image is intact.
_JPEG_DAMAGE: Final = ("premature end", "bad huffman", "instead of rst", "corrupt progressive", "bad arithmetic")
# Extra coded data, which a decoder does not reach if the last scan is complete: once without a restart marker, then
# after each of the eight restart markers (T.81, B.1.1.2).
_JPEG_TAIL: Final = b"".join((b"\x5a" * 512, *(bytes((0xFF, 0xD0 + n)) + b"\x5a" * 512 for n in range(8))))
_OPENCV_REDUCED: Final = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_BAND_ROWS: Final = 256


def decode(data: bytes, header: Header, long_side: int | None) -> Pixels:
    """Decode in the stored orientation; a JPEG may be reduced to a long side of at least `long_side` (None: full size).

    Raises ImageRejected (`corrupt_image`) for a file that cannot be decoded completely.
    """
    try:
        data = picture_only(data, header.format)
        if header.format is ImageFormat.JPEG:
            return _decode_jpeg(data, header, _jpeg_divisor(header, long_side))
        if header.format is ImageFormat.WEBP:
            return _decode_with_opencv(data, header)
        # PNG is decoded here as well: Pillow inflates only as many bytes as the size implies. libpng would inflate all
        # of the data, which can be 25 GB in a 25 MB file.
        return _decode_with_pillow(data)
    # Codecs raise many kinds of exceptions for a broken file: ValueError, OSError, cv2.error, SyntaxError and others.
    except Exception as error:
        raise corrupt(header.format) from error


def _jpeg_divisor(header: Header, long_side: int | None) -> int:
    if long_side is None:
        return 1
    longest = max(header.width, header.height)
    return next((divisor for divisor in _JPEG_DIVISORS if longest >= divisor * long_side), 1)


def _decode_jpeg(data: bytes, header: Header, divisor: int) -> Pixels:
    if is_cmyk(header.profile):
        return cmyk_to_srgb(_decode_whole_jpeg(data, divisor, "CMYK"), header.profile)
    return _decode_whole_jpeg(data, divisor, "BGR")


def _decode_whole_jpeg(data: bytes, divisor: int, colours: str) -> Pixels:
    try:
        return _decode_with_simplejpeg(data, divisor, colours, strict=True)
    except ValueError as error:
        if any(word in str(error).lower() for word in _JPEG_DAMAGE):
            raise
    # Either the first warning is harmless and hides all later ones, or simplejpeg does not support the sampling. The
    # picture is complete if extra data after its last scan does not change it.
    end = len(data) - 2
    expected = _checksum(_decode_leniently(data[:end] + _JPEG_TAIL + data[end:], divisor, colours))
    pixels = _decode_leniently(data, divisor, colours)
    if _checksum(pixels) != expected:
        raise ValueError("the last scan ends early")
    return pixels


def _decode_with_simplejpeg(data: bytes, divisor: int, colours: str, *, strict: bool) -> Pixels:
    height, width, *_ = simplejpeg.decode_jpeg_header(data, strict=False)
    min_size = {"min_height": -(-height // divisor), "min_width": -(-width // divisor)}
    return as_pixels(simplejpeg.decode_jpeg(data, colours, strict=strict, **min_size))


def _decode_leniently(data: bytes, divisor: int, colours: str) -> Pixels:
    try:
        return _decode_with_simplejpeg(data, divisor, colours, strict=False)
    except ValueError:
        if colours != "BGR":
            raise
    try:
        return _imdecode(data, _OPENCV_REDUCED[divisor] | cv2.IMREAD_IGNORE_ORIENTATION)
    # Neither library converts a greyscale lossless JPEG to colour.
    except ValueError:
        return _decode_with_pillow(data)


def _checksum(pixels: Pixels) -> int:
    return zlib.crc32(np.ascontiguousarray(pixels).data)


def _imdecode(data: bytes, flags: int) -> Pixels:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if decoded is None:
        raise ValueError("OpenCV cannot decode it")
    return as_pixels(decoded)


def _decode_with_opencv(data: bytes, header: Header) -> Pixels:
    # Pixels are rotated later, by the module `orientation`, so that all formats are treated alike.
    flags = cv2.IMREAD_UNCHANGED if header.has_alpha else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = _imdecode(data, flags)
    return _over_white(decoded) if decoded.ndim == 3 and decoded.shape[2] == 4 else decoded


def _decode_with_pillow(data: bytes) -> Pixels:
    """Decode the first frame and convert it in bands, to avoid a full copy of Pillow's 4 bytes per pixel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as image:
            _reduce_transparent_colour(image)
            image.load()
            pixels = np.empty((image.height, image.width, 3), np.uint8)
            for top in range(0, image.height, _BAND_ROWS):
                bottom = min(top + _BAND_ROWS, image.height)
                band = _opaque(image.crop((0, top, image.width, bottom)))
                cv2.cvtColor(band, cv2.COLOR_RGB2BGR, dst=pixels[top:bottom])
    return pixels


def _reduce_transparent_colour(image: Image.Image) -> None:
    """Reduce the transparent colour of a 16-bit RGB PNG to 8 bits; Pillow itself reduces only the pixels."""
    colour = image.info.get("transparency")
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    if isinstance(colour, tuple) and any(tile.args == "RGB;16B" for tile in tiles):
        image.info["transparency"] = tuple(level >> 8 for level in colour)


def _opaque(band: Image.Image) -> Pixels:
    """Return 8-bit RGB pixels over white."""
    if band.mode.startswith("I;16"):
        # Pillow would clip the levels at 255 instead of dividing them by 256.
        levels = np.asarray(band)
        grey = np.where(levels == band.info.get("transparency"), 255, levels >> 8)
        return np.broadcast_to(grey.astype(np.uint8)[..., None], (*grey.shape, 3))
    if band.has_transparency_data:
        return _over_white(np.asarray(band.convert("RGBA")))
    return np.asarray(band.convert("RGB"))


def _over_white(pixels: Pixels) -> Pixels:
    """Composite (height, width, 4) pixels over white, in bands to save memory."""
    opaque = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, len(pixels), _BAND_ROWS):
        *colours, alpha = cv2.split(pixels[top : top + _BAND_ROWS])
        white = cv2.bitwise_not(alpha)
        opaque[top : top + _BAND_ROWS] = cv2.merge(
            [cv2.add(cv2.multiply(colour, alpha, scale=1 / 255), white) for colour in colours]
        )
    return opaque
