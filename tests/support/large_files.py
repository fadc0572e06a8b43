"""Files at the limits, with the maximum number of pixels, parts or bytes."""

import lzma
import math
import struct
import zlib
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from facelib.domain import limits
from PIL import Image

from tests.support.odd_files import CORRUPT, OK, OddFile, odd
from tests.support.odd_images import chunk, empty_rows, exif_of, png
from tests.support.pictures import astronaut, encoded, resized

STORED: Final = Path(__file__).with_name("stored")
# Just below `limits.PLAIN_IMAGE_PIXELS` and `limits.COSTLY_IMAGE_PIXELS`.
_SIDE: Final = 9_999
COSTLY_SIDE: Final = 7_140
_SMALL_SIDE: Final = 64
_FULL: Final = limits.PRESIGNED_UPLOAD_BYTES


def photo(form: str = "JPEG", **options: object) -> bytes:
    return encoded(Image.fromarray(resized(astronaut(), 128, 128)), form, **options)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_of(part: bytes, count: int) -> bytes:
    good = photo()
    return good[:2] + part * count + good[2:]


def webp_of(part: bytes, count: int) -> bytes:
    body = photo("WEBP")[8:] + part * count
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_of(extension: bytes, count: int) -> bytes:
    good = photo("GIF")
    screen = 13 + (3 << (good[10] & 7) + 1)
    return good[:screen] + extension * count + good[screen:]


def many(part: bytes) -> int:
    """Return how many copies of a part fit into the largest file."""
    return (_FULL - 100_000) // len(part)


def close_up(width: int = 9_000, height: int = 12_200) -> Image.Image:
    """Return a head that fills the image, so that the whole image is hidden."""
    head = astronaut()[30:200, 150:293]
    return Image.fromarray(np.asarray(cv2.resize(head, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8))


def noise() -> bytes:
    """Return noise in which a thousand faces are falsely detected if the minimum confidence is 0."""
    pixels = np.random.default_rng(1).integers(0, 256, (2_000, 2_000, 3), np.uint8)
    return encoded(Image.fromarray(pixels), quality=60)


def progressive() -> bytes:
    """Return a 40-megapixel JPEG with four channels: a thousand heads beside one that is as tall as the picture.

    It is progressive, so libjpeg keeps all coefficients in memory, and so wide that thorough detectors need only one
    row of their largest tiles.
    """
    side, height = 160, 3_200
    crowd = np.tile(np.asarray(close_up(side, side)), (height // side, 60, 1))
    picture = np.hstack([np.asarray(close_up(height, height)), crowd])
    return encoded(Image.fromarray(picture).convert("CMYK"), progressive=True, quality=50, subsampling=0)


@cache
def detailed(width: int = 12_200, height: int = 9_000) -> bytes:
    """Return a JPEG of a crowd with added noise, so that it compresses badly."""
    row = np.tile(astronaut(), (1, math.ceil(width / 512), 1))[:, :width]
    noise = np.random.default_rng(1).integers(-12, 13, row.shape, np.int16)
    noisy = np.clip(row + noise, 0, 255).astype(np.uint8)
    return encoded(Image.fromarray(np.tile(noisy, (math.ceil(height / 512), 1, 1))[:height]), quality=80)


def turned_by_exif(jpeg: bytes) -> bytes:
    return jpeg[:2] + segment(0xE1, exif_of(6)) + jpeg[2:]


def frames(form: str, side: int, **options: object) -> bytes:
    size = (side, side)
    first, second = (Image.new("RGBA", size, grey) for grey in ((90, 90, 90, 90), (9, 9, 9, 200)))
    return encoded(first, form, save_all=True, append_images=[second], **options)


def large_webp(small: bytes) -> bytes:
    """Enlarge a lossless WebP of one colour, in which pixels take no bits, from `_SMALL_SIDE` to `COSTLY_SIDE`."""
    for field in (_webp_canvas, _webp_picture):
        small = small.replace(field(_SMALL_SIDE), field(COSTLY_SIDE))
    return small


def _webp_canvas(side: int) -> bytes:
    return (side - 1).to_bytes(3, "little") * 2


def _webp_picture(side: int) -> bytes:
    """Return the header of the pixels: two sides of 14 bits, and a bit for alpha."""
    return (side - 1 | (side - 1) << 14 | 1 << 28).to_bytes(4, "little")


def black_png(side: int, bytes_a_pixel: int, *, depth: int = 8, colour: int = 0) -> bytes:
    return png(side, side, depth=depth, colour=colour, idat=empty_rows(side, side, bytes_a_pixel))


def transparent(side: int, form: str, mode: str = "RGBA", **options: object) -> bytes:
    return encoded(Image.new(mode, (side, side)), form, **options)


def stored(name: str) -> OddFile:
    """Return a file that takes seconds to encode. It was encoded by `tests.support.stored_files`."""
    return odd(name, lambda: lzma.decompress((STORED / f"{name}.xz").read_bytes()), OK)


def large_images() -> list[OddFile]:
    """Return the largest images of each format. Every detector is tested with the first image in the list."""
    fast_webp: dict[str, Any] = {"lossless": True, "quality": 0, "method": 0}
    return [
        odd("large_progressive.jpg", progressive, OK),
        odd("large_close_up.jpg", lambda: encoded(close_up(), quality=80, progressive=True), OK),
        odd("large_crowd.jpg", detailed, OK),
        odd("large_turned.jpg", lambda: turned_by_exif(detailed()), OK),
        odd("large_noise.jpg", noise, OK),
        odd("large_16_bit_alpha.png", partial(black_png, _SIDE, 8, depth=16, colour=6), OK),
        odd("large_grey.png", partial(black_png, _SIDE, 1), OK),
        odd("large_alpha.webp", lambda: large_webp(transparent(_SMALL_SIDE, "WEBP", **fast_webp)), OK),
        odd("large_animated.webp", lambda: large_webp(frames("WEBP", _SMALL_SIDE, **fast_webp)), OK),
        odd("large_transparent.gif", partial(transparent, COSTLY_SIDE, "GIF", "P", transparency=0), OK),
        *map(stored, ("large_alpha.avif", "large_animated.avif", "large_alpha.heic", "large_deep.heic")),
    ]


def full_of_parts() -> list[OddFile]:
    """Return files filled with as many parts, or parts as large, as fit: libraries spend a long time on each part."""
    text = chunk(b"tEXt", b"k\0" + b"v" * 25_000)
    compressed = zlib.compress(b" " * 900_000)
    resources = segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\0" * 2_000)
    return [
        odd("segments.jpg", lambda: jpeg_of(segment(0xEF, b"x" * 25_000), 990), OK),
        odd("resources.jpg", lambda: jpeg_of(resources, 980), OK),
        odd("profile.jpg", lambda: jpeg_of(segment(0xE2, b"ICC_PROFILE\0\1\xff" + b"x" * 25_000), 980), OK),
        odd("exif_of_tags.jpg", lambda: jpeg_of(segment(0xE1, b"Exif\0\0" + _tags(4_000, 65_000)), 4), OK),
        odd("small_exif.jpg", lambda: jpeg_of(segment(0xE1, b"Exif\0\0" + b"x" * 200), 990), OK),
        odd("texts.png", lambda: png(64, 64, idat=empty_rows(64, 64, 3), before=text * 990), OK),
        odd("profiles.png", lambda: _png_before(chunk(b"iCCP", b"k\0\0" + compressed) * 900), OK, CORRUPT),
        odd("long_texts.png", lambda: _png_before(chunk(b"iTXt", b"k\0\1\0\0\0" + compressed) * 60), OK, CORRUPT),
        odd("pixel_chunks.png", lambda: _png_before(chunk(b"IDAT", b"x" * 480) * 49_000), OK, CORRUPT),
        odd("chunks.webp", lambda: webp_of(struct.pack("<4sI", b"abcd", 500) + b"x" * 500, 49_000), OK),
        odd("frames.gif", lambda: photo("GIF")[:-1] + _SMALL_FRAME * 1_700_000 + b"\x3b", OK),
    ]


_SMALL_FRAME: Final = b"\x2c" + b"\0" * 4 + b"\1\0\1\0\0\x02\x02\x44\1\0"


def _png_before(chunks: bytes) -> bytes:
    return png(64, 64, idat=empty_rows(64, 64, 3), before=chunks)


def _tags(count: int, size: int) -> bytes:
    """Return an EXIF directory with `count` entries, whose values are all the same bytes."""
    value_bytes = size - count * 12 - 50
    entries = (struct.pack("<HHII", tag, 1, value_bytes, 8) for tag in range(1, count + 1))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + b"".join(entries) + b"\0" * 4
