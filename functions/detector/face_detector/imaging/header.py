"""Format, size and orientation of an image file, read before any pixel is decoded."""

import io
import warnings
from dataclasses import dataclass
from typing import Final

import pi_heif
from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.formats import check_file_size, recognise
from facelib.domain.job import FailureReason, ImageFormat
from PIL import (
    AvifImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from face_detector.imaging import jpeg, png
from face_detector.imaging.embedded import profile_of
from face_detector.imaging.orientation import TRANSPOSED
from face_detector.imaging.picture import picture_only
from face_detector.imaging.rejected import corrupt, too_many_pixels
from face_detector.imaging.structure import check_structure

# HEIC is decoded with one thread, like all formats. libheif itself applies the orientation that the file declares.
pi_heif.options.DECODE_THREADS = 1
pi_heif.register_heif_opener(thumbnails=False)
# Imported here, because Pillow's lazy import would delay the first image of a format by a tenth of a second.
READERS: Final = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin, GifImagePlugin, AvifImagePlugin)
_PILLOW_FORMAT: Final = {ImageFormat.HEIC: "HEIF"}


@dataclass(frozen=True)
class Header:
    """Width and height are those of the stored pixels, before the orientation is applied."""

    format: ImageFormat
    width: int
    height: int
    orientation: int
    has_alpha: bool
    # The ICC profile of the pixels, which is empty if they are sRGB.
    profile: bytes

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the upright image."""
        return (self.height, self.width) if self.orientation in TRANSPOSED else (self.width, self.height)


def read_header(data: bytes) -> Header:
    """Read format, size and orientation; raise ImageRejected for a file that cannot or must not be decoded."""
    check_file_size(len(data))
    image_format = recognise(data)
    check_structure(data, image_format)
    return _open(data, image_format)


def _open(data: bytes, image_format: ImageFormat) -> Header:
    try:
        # Pillow warns about unusual metadata, which is harmless, and about large images, which are rejected below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pillow_format = _PILLOW_FORMAT.get(image_format, image_format.value.upper())
            with Image.open(io.BytesIO(_head(data, image_format)), formats=[pillow_format]) as image:
                width, height = image.size
                has_alpha = image.has_transparency_data
                max_pixels = _max_pixels(image_format, image, has_alpha=has_alpha)
                orientation = _orientation(_exif(data, image))
                profile = profile_of(data, image_format, image)
    except Image.DecompressionBombError:
        raise too_many_pixels("far too many pixels", limits.IMAGE_PIXELS) from None
    # Pillow raises many kinds of exceptions for broken files.
    except Exception as error:
        raise corrupt(image_format) from error
    if width < 1 or height < 1:
        raise corrupt(image_format)
    if width * height > max_pixels:
        raise too_many_pixels(f"{width} x {height} pixels", max_pixels)
    if max(width, height) > limits.IMAGE_SIDE:
        raise ImageRejected(
            FailureReason.TOO_MANY_PIXELS,
            f"The image has {width} x {height} pixels; each side can have at most {limits.IMAGE_SIDE:,}.",
        )
    return Header(image_format, width, height, orientation, has_alpha, profile)


def _head(data: bytes, image_format: ImageFormat) -> bytes:
    if image_format is ImageFormat.JPEG:
        return jpeg.head(data)
    return png.head(data) if image_format is ImageFormat.PNG else picture_only(data, image_format)


def _max_pixels(image_format: ImageFormat, image: Image.Image, *, has_alpha: bool) -> int:
    if image_format is ImageFormat.JPEG:
        return limits.IMAGE_PIXELS
    # `is_animated` is not read for a GIF: Pillow would read everything before its second frame.
    is_opaque_webp = image_format is ImageFormat.WEBP and not has_alpha
    is_plain = image_format is ImageFormat.PNG or (is_opaque_webp and not getattr(image, "is_animated", False))
    if is_plain:
        return limits.PLAIN_IMAGE_PIXELS
    is_deep = _may_be_deep(image_format, image, has_alpha=has_alpha)
    return limits.DEEP_IMAGE_PIXELS if is_deep else limits.COSTLY_IMAGE_PIXELS


def _may_be_deep(image_format: ImageFormat, image: Image.Image, *, has_alpha: bool) -> bool:
    """Return whether a decoder may hold two bytes per channel for each pixel before it converts them to 8 bits."""
    if image_format is ImageFormat.HEIC:
        return image.info["bit_depth"] > 8 and (has_alpha or image.info.get("chroma") == 444)
    # Pillow does not report the bit depth of an AVIF. Opaque AVIFs stay below the memory limit at any depth.
    return image_format is ImageFormat.AVIF and has_alpha


def _exif(data: bytes, image: Image.Image) -> bytes:
    if image.format == "PNG":
        return png.exif(data)
    exif = image.info.get("exif", b"")
    return exif if isinstance(exif, bytes) else b""


def _orientation(exif: bytes) -> int:
    """Return the orientation in an EXIF block, 1 if there is none or it is invalid."""
    tags = Image.Exif()
    try:
        tags.load(exif)
        orientation = tags.get(ExifTags.Base.Orientation)
    # Pillow raises SyntaxError, struct.error, OSError and others for malformed EXIF; the photo is still accepted.
    except Exception:  # noqa: BLE001
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
