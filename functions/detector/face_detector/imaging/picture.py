"""The part of a file that its picture needs, which is all that a decoder is given."""

from typing import Final

from facelib.domain.job import ImageFormat

from face_detector.imaging import jpeg, png

# The major brand follows the length and the type of the first box, `ftyp` (ISO/IEC 14496-12, 4.3).
_BRAND: Final = slice(8, 12)
_SEQUENCE: Final = b"avis"


def picture_only(data: bytes, image_format: ImageFormat) -> bytes:
    """Return a JPEG and a PNG without metadata and an animated AVIF as a still one, whose items have been checked."""
    if image_format is ImageFormat.JPEG:
        return jpeg.picture(data)
    if image_format is ImageFormat.PNG:
        return png.without_metadata(data)
    if image_format is ImageFormat.AVIF and data[_BRAND] == _SEQUENCE:
        return data[: _BRAND.start] + b"avif" + data[_BRAND.stop :]
    return data
