"""What an image file says of itself, read before a single pixel is decoded."""

import io
import struct
import warnings
from dataclasses import dataclass
from typing import Final

import pi_heif
from facelib import limits
from facelib.errors import ImageRejected
from facelib.formats import describe, sniff
from facelib.job import FailureReason, ImageFormat
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from face_detector.imaging.orientation import TRANSPOSED
from face_detector.imaging.structure import check_structure

# Pillow imports the reader of a format when it first meets one; that costs the first image a tenth of a second.
# Decodes HEIC, in one thread like everything else; it applies the orientation of the file itself, once.
pi_heif.options.DECODE_THREADS = 1
pi_heif.register_heif_opener(thumbnails=False)
READERS: Final = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin, GifImagePlugin, AvifImagePlugin)
# Where Pillow calls a format by another name.
_PILLOW_FORMAT: Final = {ImageFormat.HEIC: "HEIF"}
_ORIENTATION_TAG: Final = 0x0112
_EXIF_PREFIX: Final = b"Exif\0\0"


@dataclass(frozen=True)
class Header:
    """Width and height are those of the stored pixels, before the orientation is applied."""

    format: ImageFormat
    width: int
    height: int
    orientation: int
    has_alpha: bool

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the upright image."""
        return (self.height, self.width) if self.orientation in TRANSPOSED else (self.width, self.height)


def read_header(data: bytes) -> Header:
    """Read format, size and orientation; raise ImageRejected for what can or must not be decoded."""
    if not data:
        raise ImageRejected(FailureReason.EMPTY_FILE, "The file is empty.")
    if len(data) > limits.PRESIGNED_UPLOAD_BYTES:
        raise ImageRejected(
            FailureReason.TOO_LARGE,
            f"The file has {len(data):,} bytes; at most {limits.PRESIGNED_UPLOAD_BYTES:,} are taken.",
        )
    found = sniff(data)
    if found is None:
        raise ImageRejected(
            FailureReason.UNSUPPORTED_FORMAT,
            f"This is {describe(data)}. JPEG, PNG, WebP, GIF, AVIF and HEIC images are supported.",
        )
    check_structure(data, found)
    return _open(data, found)


def _open(data: bytes, found: ImageFormat) -> Header:
    try:
        # Pillow warns of odd metadata and of large images; the first is harmless, the second is refused below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[_PILLOW_FORMAT.get(found, found.value.upper())]) as image:
                width, height = image.size
                has_alpha = image.has_transparency_data
                most = _most_pixels(found, image)
                orientation = _orientation(_exif(data, image))
    except Image.DecompressionBombError:
        raise too_many_pixels("far too many pixels", limits.IMAGE_PIXELS) from None
    # Pillow's readers answer broken files with many kinds of exceptions; every one means the same here.
    except Exception as error:
        raise corrupt(found) from error
    if width < 1 or height < 1:
        raise corrupt(found)
    if width * height > most:
        raise too_many_pixels(f"{width} x {height} pixels", most)
    if max(width, height) > limits.IMAGE_SIDE:
        raise ImageRejected(
            FailureReason.TOO_MANY_PIXELS,
            f"The image has {width} x {height} pixels; at most {limits.IMAGE_SIDE:,} are taken on a side.",
        )
    return Header(found, width, height, orientation, has_alpha)


def corrupt(found: ImageFormat) -> ImageRejected:
    return ImageRejected(
        FailureReason.CORRUPT_IMAGE, f"The {found.value.upper()} file is damaged or not complete; it cannot be decoded."
    )


def too_many_pixels(size: str, most: int) -> ImageRejected:
    return ImageRejected(
        FailureReason.TOO_MANY_PIXELS, f"The image has {size}; at most {most // 1_000_000} megapixels are taken."
    )


def _most_pixels(found: ImageFormat, image: Image.Image) -> int:
    # A GIF is not asked whether it is animated: Pillow would read all that stands before a second frame.
    costly = found in (ImageFormat.AVIF, ImageFormat.HEIC) or (
        found is ImageFormat.WEBP and getattr(image, "is_animated", False)
    )
    return limits.COSTLY_IMAGE_PIXELS if costly else limits.IMAGE_PIXELS


def _exif(data: bytes, image: Image.Image) -> bytes:
    exif = image.info.get("exif", b"")
    if not exif and image.format == "PNG":
        exif = _exif_behind_pixels(data)
    return exif if isinstance(exif, bytes) else b""


def _exif_behind_pixels(png: bytes) -> bytes:
    """Return the eXIf chunk of a PNG wherever it stands; Pillow would decode the pixels to reach a late one."""
    at = 8
    while at + 8 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"eXIf":
            return png[at + 8 : at + 8 + length]
        at += 12 + length
    return b""


def _orientation(exif: bytes) -> int:
    """Return the orientation in an EXIF block (a TIFF file), 1 where there is none or it makes no sense."""
    tiff = exif.removeprefix(_EXIF_PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 1
    return 1
