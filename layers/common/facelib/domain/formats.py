"""Checks a file's size, and recognises its format by the first bytes; names and content types are not trusted."""

from typing import Final

from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason, ImageFormat

# An ISO base media file begins with an `ftyp` box; bytes 8 to 11 are the major brand (ISO/IEC 14496-12, 4.3).
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
# Brands that do not identify the codec; the codec's own brands follow in the same box.
_STRUCTURE_BRANDS: Final = frozenset({b"mif1", b"msf1", b"miaf"})

# Signatures of unsupported formats that are often sent by mistake, with descriptions.
_REFUSED: Final = (
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"BM", "a BMP image"),
    (b"\0\0\1\0", "an icon file"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1aE\xdf\xa3", "a Matroska video"),
    (b"RIFF", "a RIFF file that is not WebP"),
)
_TEXT_PROBE_BYTES: Final = 1_024


def check_file_size(size: int) -> None:
    """Raise ImageRejected for a file of more than `limits.PRESIGNED_UPLOAD_BYTES`."""
    if size > limits.PRESIGNED_UPLOAD_BYTES:
        raise ImageRejected(
            FailureReason.TOO_LARGE,
            f"The file is {size:,} bytes; the maximum is {limits.PRESIGNED_UPLOAD_BYTES:,}.",
        )


def recognise(data: bytes) -> ImageFormat:
    """Return the format according to the first bytes.

    Raises ImageRejected if the file is empty or its format is not supported.
    """
    if not data:
        raise ImageRejected(FailureReason.EMPTY_FILE, "The file is empty. Send an image.")
    image_format = sniff(data)
    if image_format is None:
        raise ImageRejected(
            FailureReason.UNSUPPORTED_FORMAT, f"This is {describe(data)}. Send one of {', '.join(ImageFormat)}."
        )
    return image_format


def sniff(data: bytes) -> ImageFormat | None:
    """Return the format according to the first bytes, or None if it is not supported."""
    head = data[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ImageFormat.GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        return ImageFormat.AVIF
    return ImageFormat.HEIC if brands & _HEIC_BRANDS else None


def describe(data: bytes) -> str:
    """Return a description of the bytes with an article, for use in a sentence: `a HEIC image`."""
    if not data:
        return "an empty file"
    if known := sniff(data):
        return {
            ImageFormat.WEBP: "a WebP image",
            ImageFormat.AVIF: "an AVIF image",
            ImageFormat.HEIC: "a HEIC image",
        }.get(known, f"a {known.value.upper()} image")
    if brands := _brands(data):
        return "a HEIF image with an unknown codec" if brands & _STRUCTURE_BRANDS else "an MP4 or QuickTime video"
    for signature, words in _REFUSED:
        if data.startswith(signature):
            return words
    return _describe_text(data[:_TEXT_PROBE_BYTES])


def _brands(data: bytes) -> frozenset[bytes]:
    """Return the brands that may identify the codec of an ISO base media file; empty for any other file."""
    if data[4:8] != b"ftyp":
        return frozenset()
    # The box contains its length, `ftyp`, the major brand, a version of 4 bytes and the compatible brands.
    end = min(int.from_bytes(data[:4]), 256, len(data))
    major = data[8:12]
    compatible = {data[at : at + 4] for at in range(16, end - 3, 4)}
    return frozenset({major} | compatible) if major in _STRUCTURE_BRANDS else frozenset({major})


def _describe_text(probe: bytes) -> str:
    try:
        # The probe may end in the middle of a character, which does not mean that the file is binary.
        text = probe.decode("utf-8", errors="strict" if len(probe) < _TEXT_PROBE_BYTES else "ignore").lower()
    except UnicodeDecodeError:
        return "a file of an unknown format"
    if "\0" in text:
        return "a file of an unknown format"
    if "<svg" in text:
        return "an SVG drawing"
    return "an HTML page" if "<html" in text or "<!doctype html" in text else "a text file"
