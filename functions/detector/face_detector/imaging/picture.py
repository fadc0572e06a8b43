"""Extracts the part of a file that contains its picture; decoders receive only that part."""

from typing import Final

from facelib.domain.job import ImageFormat

from face_detector.imaging import jpeg, png

# The major brand follows the length and the type of the first box, `ftyp` (ISO/IEC 14496-12, 4.3).
_BRAND: Final = slice(8, 12)
_SEQUENCE: Final = b"avis"


def picture_only(data: bytes, image_format: ImageFormat) -> bytes:
    """Return a JPEG or PNG without metadata, an animated AVIF as its still image, and any other file unchanged.

    The check of an AVIF's items, which precedes this, applies to the items of the still image.
    """
    if image_format is ImageFormat.JPEG:
        return jpeg.picture(data)
    if image_format is ImageFormat.PNG:
        return png.without_metadata(data)
    if image_format is ImageFormat.AVIF and data[_BRAND] == _SEQUENCE:
        return data[: _BRAND.start] + b"avif" + data[_BRAND.stop :]
    return data
