"""Checks the structure of an image file against limits before any library parses it.

Libraries concatenate, copy or search metadata in time quadratic in the number of parts, so a file of a few megabytes
could keep a processor busy for minutes. The functions here read a file in linear time, decode nothing, and stop at the
first limit that is exceeded.
"""

import struct
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice, pairwise, takewhile
from typing import Final

from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason, ImageFormat

from face_detector.imaging import av1, isobmff, jpeg, png
from face_detector.imaging.rejected import corrupt, too_many_pixels

# Chunks of pixels and of animation frames, whose number depends on the size of the image.
_PNG_PIXELS: Final = frozenset({b"IDAT", b"fdAT", b"fcTL"})

_GIF_IMAGE: Final = 0x2C
_GIF_EXTENSION: Final = 0x21


def check_structure(data: bytes, image_format: ImageFormat) -> None:
    """Raise ImageRejected for a file with more parts or metadata than cameras or editors write.

    Malformed data ends the check silently, because the decoder reports damage. The items of an AVIF or HEIC
    must be valid, because they determine what decoding costs.
    """
    _WALKS[image_format](data)


def _jpeg(data: bytes) -> None:
    # A scan has two parts, its header and its coded data, so twice as many parts as the limit are read.
    parts = list(islice(jpeg.segments(data), 2 * limits.IMAGE_PARTS))
    segments = sum(part.marker not in {jpeg.CODED, jpeg.EOI} for part in parts)
    _check_limit(segments, limits.IMAGE_PARTS, "JPEG", "segments")
    headers = takewhile(lambda part: part.marker != jpeg.CODED, parts)
    fill = sum(part.at - 2 - before.end for before, part in pairwise((jpeg.START, *headers)))
    _check_limit(fill, limits.JPEG_FILL_BYTES, "JPEG", "bytes between its segments")
    exif = (part for part in parts if part.marker == jpeg.APP1 and data.startswith(jpeg.EXIF, part.at + 2))
    _check_limit(sum(part.end - part.at for part in exif), limits.EXIF_BYTES, "JPEG", "bytes of EXIF")
    try:
        _check_frame(jpeg.read_frame(data, parts), has_end=parts[-1].marker == jpeg.EOI)
    except (ValueError, IndexError, struct.error) as error:
        raise corrupt(ImageFormat.JPEG) from error


def _check_frame(frame: jpeg.FrameHeader, *, has_end: bool) -> None:
    pixels = frame.width * frame.height
    if pixels > limits.IMAGE_PIXELS:
        raise too_many_pixels(f"{frame.width} x {frame.height} pixels", limits.IMAGE_PIXELS)
    # The end marker precedes all scans. A decoder would read on after the marker, where nothing has been checked.
    if not frame.scans:
        raise ValueError("no scan")
    # The file was cut off between two scans. Decoders do not report this.
    if not has_end and not frame.is_complete():
        raise ValueError("scans are missing")
    if frame.scanned() > limits.JPEG_SCANNED or frame.held() > limits.JPEG_HELD:
        raise ImageRejected(
            FailureReason.TOO_MANY_PIXELS,
            f"The image has {frame.width} x {frame.height} pixels in {len(frame.scans)} scans, which takes too much "
            "time or memory. Save it at a smaller size, or as a baseline JPEG instead of a progressive one.",
        )


def _png(data: bytes) -> None:
    metadata_chunks = 0
    for number, (kind, _, length) in enumerate(png.chunks(data), start=1):
        metadata_chunks += kind not in _PNG_PIXELS
        _check_limit(number, limits.PIXEL_PARTS, "PNG", "chunks")
        _check_limit(metadata_chunks, limits.IMAGE_PARTS, "PNG", "chunks of metadata")
        if kind == b"eXIf":
            _check_limit(length, limits.EXIF_BYTES, "PNG", "bytes of EXIF")


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


def _isobmff(image_format: ImageFormat, data: bytes) -> None:
    kinds = set()
    for number, box in enumerate(isobmff.boxes(data), start=1):
        kinds.add(box.kind)
        _check_limit(number, limits.IMAGE_PARTS, image_format.upper(), "boxes")
        if box.kind == b"meta":
            _check_limit(box.length, limits.META_BOX_BYTES, image_format.upper(), "bytes in its meta box")
    if b"moov" in kinds and b"meta" not in kinds:
        raise ImageRejected(
            FailureReason.CORRUPT_IMAGE,
            f"The {image_format.upper()} file is an animation without a still image. Save one frame, and send that.",
        )
    try:
        _check_items(image_format, data)
    except (ValueError, IndexError, struct.error) as error:
        raise corrupt(image_format) from error


def _check_items(image_format: ImageFormat, data: bytes) -> None:
    items = isobmff.read_items(data)
    _check_copies(image_format, data, items)
    pixels = items.reachable()
    _check_limit(len(pixels), limits.IMAGE_PARTS, image_format.upper(), "component images")
    if pixels[items.primary] > limits.DECODED_PIXELS:
        raise too_many_pixels(
            f"{pixels[items.primary] // 1_000_000:,} megapixels in total across its parts", limits.DECODED_PIXELS
        )
    for item in pixels:
        kind = items.kinds.get(item)
        if kind == b"iovl":
            # The size of an overlay's canvas does not depend on the item's size.
            raise ImageRejected(
                FailureReason.CORRUPT_IMAGE,
                f"The {image_format.upper()} file overlays several images, which is not supported. "
                "Open it in an image editor, save it as one image, and send that.",
            )
        if kind == b"av01":
            _check_av1(items.data(item, data), items.pixels[item])


def _check_copies(image_format: ImageFormat, data: bytes, items: isobmff.ItemTable) -> None:
    """Limit the bytes that a library copies to read all items (pictures and metadata), which may share bytes."""
    known = items.kinds.keys() | items.extents.keys()
    _check_limit(len(known), limits.IMAGE_PARTS, image_format.upper(), "items")
    exif = items.size((item for item, kind in items.kinds.items() if kind == b"Exif"), data)
    _check_limit(exif, limits.EXIF_BYTES, image_format.upper(), "bytes of EXIF")
    # Items may add up to more than the file, because encoders store identical tiles only once.
    _check_limit(items.size(known, data), 2 * len(data), image_format.upper(), "bytes in its items")


def _check_av1(data: memoryview, pixels: int) -> None:
    """Compare the size of a coded image with the size of its item; libavif compares them only after decoding."""
    stream = av1.read_stream(data, limits.AV1_UNITS)
    _check_limit(stream.units, limits.AV1_UNITS, "AVIF", "parts in a single image")
    _check_limit(stream.frames, limits.AV1_FRAMES, "AVIF", "frames in a single image")
    if stream.max_pixels > pixels:
        raise ValueError("the coded image is larger than its item declares")


def _gif(data: bytes) -> None:
    """Read up to the first image, the only one that is decoded."""
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
    ImageFormat.AVIF: partial(_isobmff, ImageFormat.AVIF),
    ImageFormat.HEIC: partial(_isobmff, ImageFormat.HEIC),
}


def _check_limit(number: int, limit: int, image_format: str, what: str) -> None:
    if number > limit:
        raise ImageRejected(
            FailureReason.CORRUPT_IMAGE,
            f"The {image_format} file has more than {limit:,} {what}, far more than a normal photo. "
            "Open it in an image editor, save a copy without metadata, and send the copy.",
        )
