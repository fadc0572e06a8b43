"""Reads the chunks of a PNG (W3C Portable Network Graphics, third edition, section 5)."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

_SIGNATURE_BYTES: Final = 8
# The size of a chunk without its body: four bytes each for its length, its type and its checksum.
_FRAME_BYTES: Final = 12
# If a chunk is not needed for decoding, the first byte of its type has this bit set (5.4).
_ANCILLARY: Final = 0x20


class Chunk(NamedTuple):
    """The position of a chunk in the file. `length` is the declared length of its body, which may exceed the file."""

    kind: bytes
    at: int
    length: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to the last one, without decoding them."""
    at = _SIGNATURE_BYTES
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield Chunk(kind, at, length)
        if kind == b"IEND":
            return
        at += _FRAME_BYTES + length


def exif(data: bytes) -> bytes:
    """Return the EXIF block, or empty bytes; Pillow would decode the pixels to reach a block that follows them."""
    return next((data[at + 8 : at + 8 + length] for kind, at, length in chunks(data) if kind == b"eXIf"), b"")


def head(data: bytes) -> bytes:
    """Return the parts of the file that are needed to read its header: those before the pixels, without metadata."""
    needed = []
    for kind, chunk in _needed(data):
        if kind == b"IDAT":
            # A reader of the header stops after the length and type of the first pixel chunk.
            needed.append(chunk[:8])
            break
        needed.append(chunk)
    return b"".join((data[:_SIGNATURE_BYTES], *needed))


def without_metadata(data: bytes) -> bytes:
    """Return the file with only its default image: without texts, profiles and other frames.

    libpng inflates each compressed text, of up to 8 MB, and keeps it: 900 texts in a 7 MB file would take 7 GB of
    memory. Raises ValueError if the checksum of the pixels is wrong, because Pillow does not check it.
    """
    if not all(_is_intact(data, chunk) for chunk in chunks(data) if chunk.kind == b"IDAT"):
        raise ValueError("a wrong checksum")
    return b"".join((data[:_SIGNATURE_BYTES], *(chunk for _, chunk in _needed(data))))


def _is_intact(data: bytes, chunk: Chunk) -> bool:
    end = chunk.at + 8 + chunk.length
    checksum = zlib.crc32(memoryview(data)[chunk.at + 4 : end]).to_bytes(4)
    # The file may end before this checksum and still contain every pixel.
    return checksum.startswith(data[end : end + 4])


def _needed(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the type and the bytes of each chunk that is needed to decode the pixels."""
    view = memoryview(data)
    for kind, at, length in chunks(data):
        if kind == b"tRNS" or not kind[0] & _ANCILLARY:
            yield kind, view[at : at + _FRAME_BYTES + length]
