"""Bounds on the structure of an image file, checked before any library parses it.

Libraries concatenate, copy or search metadata in time quadratic in the number of parts, so a file of a few megabytes
could keep a processor busy for minutes. These walks take linear time, decode nothing, and stop at the first limit.
"""

import re
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from facelib import limits
from facelib.errors import ImageRejected
from facelib.job import FailureReason, ImageFormat

# A marker that is neither a stuffed byte (FF00), a fill byte (FFFF), TEM (FF01) nor a restart (FFD0 to FFD7):
# ITU-T T.81, B.1.1.3. The search runs in C over the entropy-coded data of a scan.
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd7])")
_START_OF_IMAGE: Final = 0xD8
_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
_APP1: Final = 0xE1
_EXIF_PREFIX: Final = b"Exif\0\0"

_PNG_SIGNATURE_BYTES: Final = 8
# Pixels and the frames of an animation: their number follows from the size of the image.
_PNG_PIXELS: Final = frozenset({b"IDAT", b"fdAT", b"fcTL"})

_GIF_IMAGE: Final = 0x2C
_GIF_EXTENSION: Final = 0x21


def check_structure(data: bytes, image_format: ImageFormat) -> None:
    """Raise ImageRejected for a file with more parts or metadata than cameras or editors write.

    A walk ends silently at malformed data: reporting damage is left to the decoder.
    """
    _WALKS[image_format](data)


def _jpeg(data: bytes) -> None:
    segments = scans = exif_bytes = fill = 0
    at = 2
    while match := _MARKER.search(data, at):
        # Before the first scan, libraries read bytes between segments one by one.
        fill += 0 if scans else match.start() - at
        _check_limit(fill, limits.JPEG_FILL_BYTES, "JPEG", "bytes between its segments")
        marker, at = match[1][0], match.end()
        if marker == _END_OF_IMAGE:
            return
        if marker == _START_OF_IMAGE:
            continue
        length = int.from_bytes(data[at : at + 2])
        segments += 1
        scans += marker == _START_OF_SCAN
        if marker == _APP1 and data.startswith(_EXIF_PREFIX, at + 2):
            exif_bytes += length
        _check_limit(segments, limits.IMAGE_PARTS, "JPEG", "segments")
        _check_limit(scans, limits.JPEG_SCANS, "JPEG", "scans")
        _check_limit(exif_bytes, limits.EXIF_BYTES, "JPEG", "bytes of EXIF")
        at += max(length, 2)


def _png(data: bytes) -> None:
    chunks = metadata_chunks = 0
    at = _PNG_SIGNATURE_BYTES
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks += 1
        metadata_chunks += kind not in _PNG_PIXELS
        _check_limit(chunks, limits.PIXEL_PARTS, "PNG", "chunks")
        _check_limit(metadata_chunks, limits.IMAGE_PARTS, "PNG", "chunks of metadata")
        if kind == b"eXIf":
            _check_limit(length, limits.EXIF_BYTES, "PNG", "bytes of EXIF")
        if kind == b"IEND":
            return
        at += 12 + length


def _webp(data: bytes) -> None:
    chunks = 0
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        chunks += 1
        _check_limit(chunks, limits.PIXEL_PARTS, "WebP", "chunks")
        if kind == b"EXIF":
            _check_limit(length, limits.EXIF_BYTES, "WebP", "bytes of EXIF")
        at += 8 + length + length % 2


def _isobmff(image_format: str, data: bytes) -> None:
    """Walk over the boxes of AVIF and HEIC (ISO/IEC 14496-12)."""
    boxes = at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if length == 1:  # The length follows as 64 bits (ISO/IEC 14496-12, 4.2).
            length, header = int.from_bytes(data[at + 8 : at + 16]), 16
        boxes += 1
        _check_limit(boxes, limits.IMAGE_PARTS, image_format, "boxes")
        if kind == b"meta":
            _check_limit(length or len(data) - at, limits.META_BOX_BYTES, image_format, "bytes in its meta box")
        if length < header:  # 0: the box extends to the end of the file.
            return
        at += length


def _gif(data: bytes) -> None:
    """Walk up to the first image, the only one that is decoded."""
    flags = data[10] if len(data) > 10 else 0
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    blocks = 0
    while at < len(data) and data[at] != _GIF_IMAGE:
        # An extension is an introducer, a label and blocks of at most 255 bytes, terminated by an empty one.
        extension = data[at] == _GIF_EXTENSION
        at += 2 if extension else 1
        blocks += 1
        _check_limit(blocks, limits.IMAGE_PARTS, "GIF", "blocks before its first image")
        while extension and at < len(data) and data[at]:
            at += data[at] + 1
            blocks += 1
            _check_limit(blocks, limits.IMAGE_PARTS, "GIF", "blocks before its first image")
        at += extension


_WALKS: Final[Mapping[ImageFormat, Callable[[bytes], None]]] = {
    ImageFormat.JPEG: _jpeg,
    ImageFormat.PNG: _png,
    ImageFormat.WEBP: _webp,
    ImageFormat.GIF: _gif,
    ImageFormat.AVIF: partial(_isobmff, "AVIF"),
    ImageFormat.HEIC: partial(_isobmff, "HEIC"),
}


def _check_limit(number: int, limit: int, image_format: str, what: str) -> None:
    if number > limit:
        raise ImageRejected(
            FailureReason.CORRUPT_IMAGE,
            f"The {image_format} file has more than {limit:,} {what}, which no photo needs. "
            "Open it in an image editor, save it without metadata, and send that.",
        )
