"""No small file is expensive: each costs at most as much as a few plain photos in the same process."""

import struct
from collections.abc import Callable
from functools import cache, partial
from typing import Final

import pytest
from face_detector.imaging import jpeg
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from facelib.domain import limits
from facelib.domain.job import FailureReason

from tests.support.cost import MOST_TIMES, in_photos
from tests.support.isobmff import Coded, Item, coded, derived, file, full_box, grid
from tests.support.jpegs import handmade
from tests.support.large_files import jpeg_of, photo, segment
from tests.support.odd_images import chunk, empty_rows, png, zeros

CORRUPT, MANY = FailureReason.CORRUPT_IMAGE, FailureReason.TOO_MANY_PIXELS


@cache
def image(form: str) -> Coded:
    return coded(64, form)


def with_metadata(form: str, kind: bytes, count: int, size: int) -> bytes:
    """Return a picture with metadata items that all point to the same bytes."""
    shared = Item(kind, b"\0\0\0\6Exif\0\0" + bytes(size), ())
    return file([image(form).item(64, 64), *[shared] * count], form)


def bomb(side: int = 64, *, depth: int = 8, colour: int = 2, interlaced: bool = False, split: int = 0) -> bytes:
    """Return a PNG whose pixels inflate to a gigabyte, in one chunk or in chunks of `split` bytes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, interlaced))
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    data = zeros(1_000 * limits.MIB)
    step = split or len(data)
    pixels = b"".join(chunk(b"IDAT", data[at : at + step]) for at in range(0, len(data), step))
    return b"\x89PNG\r\n\x1a\n" + header + palette + pixels + chunk(b"IEND", b"")


def early_end(middle: bytes) -> bytes:
    """Return a JPEG with an end marker before its first scan, followed by data that the parser once overlooked."""
    good = photo(progressive=True)
    frame = good.index(b"\xff\xc2")
    return good[:frame] + b"\xff\xd9" + middle + good[frame:]


def scans(side: int, count: int, *, kind: int = -1, progressive: bool = True) -> bytes:
    """Return a JPEG that declares `side` x `side` pixels and repeats one of its scans."""
    good = photo(progressive=True) if progressive else handmade(64, 64, separate=True)
    frame = good.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    sized = good[: frame + 5] + struct.pack(">HH", side, side) + good[frame + 9 :]
    parts = [part for part in jpeg.segments(sized) if part.marker == jpeg.SOS]
    start = parts[kind].at - 2
    end = next(part.end for part in jpeg.segments(sized) if part.at > parts[kind].at)
    return sized[:end] + sized[start:end] * count + sized[end:]


NOTHING: Final = segment(0xEF, b"")
HOSTILE: Final[dict[str, tuple[Callable[[], bytes], set[str]]]] = {
    # Items that are not pictures; the library that reads the file copies each of them.
    **{
        f"{count} {kind.decode()} items share {size // 1_000} kB of a {form}": (
            partial(with_metadata, form, kind, count, size),
            {CORRUPT},
        )
        for form in ("HEIC", "AVIF")
        for kind, count, size in (
            (b"Exif", 120, 4_000_000),
            (b"Exif", 300, 1_000),
            (b"mime", 500, 4_000_000),
            (b"mime", 1_100, 10),
            (b"uri ", 400, 4_000_000),
            (b"hvc1", 400, 4_000_000),
        )
    },
    "one long EXIF of a HEIC": (lambda: with_metadata("HEIC", b"Exif", 1, 1_000_000), {CORRUPT}),
    "tiles of an AVIF that share megabytes": (
        lambda: derived(grid(8, 8, 64), [heavy("AVIF")] * 64, "AVIF"),
        {CORRUPT},
    ),
    "tiles of a HEIC that share megabytes": (
        lambda: derived(grid(8, 8, 64), [heavy("HEIC")] * 64, "HEIC"),
        {CORRUPT},
    ),
    "a HEIC whose items are declared twice": (lambda: declared_twice("HEIC"), {CORRUPT}),
    "an AVIF whose items are declared twice": (lambda: declared_twice("AVIF"), {CORRUPT}),
    # An end marker before the first scan.
    "an early end": (lambda: early_end(b""), {CORRUPT}),
    "an early end and segments": (lambda: early_end(NOTHING * 1_000_000), {CORRUPT}),
    "an early end and EXIF": (lambda: early_end(segment(0xE1, b"Exif\0\0" + b"x" * 65_000) * 60), {CORRUPT}),
    "an early end and resources": (
        lambda: early_end(segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\0" * 2_000) * 150),
        {CORRUPT},
    ),
    "an early end and noise": (lambda: early_end(b"\1" * 4_000_000), {CORRUPT}),
    "an early end and fill bytes": (lambda: early_end(b"\xff" * 4_000_000), {CORRUPT}),
    "two early ends": (lambda: early_end(b"\xff\xd9" + NOTHING * 500_000), {CORRUPT}),
    "an early end and a picture": (lambda: early_end(photo()), {CORRUPT}),
    # Bytes that do not belong to any part, and do not have to be read.
    "fill bytes": (lambda: jpeg_of(b"\xff", 20_000_000), {CORRUPT}),
    "bytes between segments": (lambda: jpeg_of(NOTHING + bytes(20_000_000), 1), {CORRUPT}),
    "stuffed bytes between segments": (lambda: jpeg_of(b"\xff\0", 10_000_000), {CORRUPT}),
    "restarts between segments": (lambda: jpeg_of(b"\xff\xd0", 10_000_000), {CORRUPT}),
    "starts of images": (lambda: jpeg_of(b"\xff\xd8", 2_000_000), {CORRUPT}),
    "coded data after a scan": (lambda: photo()[:-2] + b"\x5a" * 20_000_000, {"ok"}),
    "restarts after a scan": (lambda: photo()[:-2] + b"\xff\xd3" * 10_000_000, {"ok"}),
    # Pixels that inflate to a gigabyte.
    "a PNG": (bomb, {"ok"}),
    "a PNG of one pixel": (lambda: bomb(1), {"ok"}),
    "an interlaced PNG": (lambda: bomb(interlaced=True), {"ok"}),
    "an interlaced PNG of one pixel": (lambda: bomb(1, interlaced=True), {"ok"}),
    "a PNG in small chunks": (lambda: bomb(split=500), {"ok"}),
    "an interlaced PNG in small chunks": (lambda: bomb(interlaced=True, split=500), {"ok"}),
    "a PNG with alpha": (lambda: bomb(colour=6), {"ok"}),
    "a 16-bit PNG": (lambda: bomb(depth=16, colour=6), {"ok"}),
    "a grey PNG": (lambda: bomb(depth=1, colour=0), {"ok"}),
    "a PNG with a palette": (lambda: bomb(colour=3), {"ok"}),
    "animation frames of a PNG": (
        lambda: png(64, 64, idat=empty_rows(64, 64, 3), before=chunk(b"fdAT", b"\0\0\0\1" + zeros(1_000 * limits.MIB))),
        {"ok"},
    ),
    # Many scans of many pixels.
    **{
        f"{count} scans of {side * side // 1_000_000} megapixels": (
            partial(scans, side, count),
            {MANY},
        )
        for side, count in ((7_000, 88), (10_400, 40), (10_400, 10), (5_000, 95), (3_000, 400))
    },
    "scans of all components": (lambda: scans(5_000, 30, kind=0), {MANY}),
    "scans that are not progressive": (lambda: scans(8_000, 90, progressive=False), {MANY}),
    "more coefficients than fit into memory": (lambda: scans(10_400, 0, progressive=False), {MANY}),
    "more scans than segments": (lambda: scans(64, 2_000), {CORRUPT}),
}


def heavy(form: str) -> Item:
    """Return a coded image followed by a megabyte of data that is not needed."""
    return image(form)._replace(data=image(form).data + bytes(1_000_000)).item(64, 64)


def declared_twice(form: str) -> bytes:
    data = file([image(form).item(64, 64)], form)
    entry = full_box(b"infe", struct.pack(">HH4sx", 1, 0, image(form).kind), version=2)
    assert entry in data
    at = data.index(b"iinf") - 4
    length = int.from_bytes(data[at : at + 4])
    info = full_box(b"iinf", struct.pack(">H", 40), entry * 40)
    meta = data.index(b"meta") - 4
    grown = int.from_bytes(data[meta : meta + 4]) + len(info) - length
    return data[:meta] + struct.pack(">I", grown) + data[meta + 4 : at] + info + data[at + length :]


def test_there_are_at_least_forty_hostile_files() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_no_more_than_a_few_photos(name: str) -> None:
    make, right = HOSTILE[name]
    data = make()
    assert len(data) < 25_000_000
    outcome, photos = in_photos(lambda: decode(data, read_header(data), None))
    assert outcome in right
    assert photos < MOST_TIMES
