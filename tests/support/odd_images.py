"""Images with a defect or a rare feature, as bytes."""

import struct
import zlib
from functools import cache

import numpy as np
from facelib.domain import limits
from PIL import Image

from tests.support.pictures import astronaut, encoded, resized


def image(mode: str = "RGB", size: tuple[int, int] = (256, 256)) -> Image.Image:
    return Image.fromarray(resized(astronaut(), *size)).convert(mode)


def flat(width: int, height: int, mode: str = "L") -> Image.Image:
    return Image.new(mode, (width, height))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, idat: bytes = b"", before: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", idat or zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + header + before + pixels + chunk(b"IEND", b"")


def empty_rows(width: int, height: int, bytes_a_pixel: int) -> bytes:
    """Compress black pixel data for a PNG, in which every row begins with a byte that names its filter."""
    return zeros(height * (width * bytes_a_pixel + 1))


@cache
def zeros(count: int, level: int = 1) -> bytes:
    """Compress this many zeros. One compressed megabyte is repeated, because every megabyte is the same."""
    whole, rest = divmod(count, limits.MIB)
    if not whole:
        return zlib.compress(bytes(count), level)
    packer = zlib.compressobj(level)
    start, block = (packer.compress(bytes(limits.MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    end = packer.compress(bytes(rest)) + packer.flush()
    # Adler-32 of zeros (RFC 1950).
    return start + block * (whole - 1) + end[:-4] + struct.pack(">HH", count % 65_521, 1)


def black_bomb() -> bytes:
    return png(20_000, 20_000, depth=1, colour=0, idat=empty_rows(2_500, 20_000, 1))


def png_16_bit(*, alpha: bool) -> bytes:
    planes = [np.repeat(astronaut().astype(">u2") * 257, 1, axis=2)]
    if alpha:
        planes.append(np.full((512, 512, 1), 65535, ">u2"))
    pixels = np.concatenate(planes, axis=2)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png(512, 512, depth=16, colour=6 if alpha else 2, idat=zlib.compress(rows, 1))


def damaged(data: bytes, share: float, count: int = 40) -> bytes:
    """Change every seventh byte, `count` bytes in all, starting at this fraction of the file."""
    broken = bytearray(data)
    start = int(len(data) * share)
    for at in range(start, min(start + count * 7, len(data)), 7):
        broken[at] ^= 0xA5
    return bytes(broken)


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def jpeg_with_size(width: int, height: int) -> bytes:
    """Create a small JPEG that declares another size."""
    data = encoded(image(size=(64, 64)))
    return patched(data, b"\x00\x11\x08\x00\x40\x00\x40", b"\x00\x11\x08" + struct.pack(">HH", height, width))


def jpeg_of_many_scans() -> bytes:
    data = encoded(image(size=(64, 64)), progressive=True)
    scan = data.rindex(b"\xff\xda")
    return data[:scan] + data[scan:-2] * 5_000 + data[-2:]


def gif_with_size(width: int, height: int) -> bytes:
    data = bytearray(encoded(image("P", (64, 64)), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def webp_with_canvas(width: int, height: int) -> bytes:
    data = bytearray(encoded(image("RGBA", (64, 64)), "WEBP", exif=Image.Exif().tobytes()))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def avif_with_size(width: int, height: int) -> bytes:
    return with_size("AVIF", width, height)


def with_size(form: str, width: int, height: int, **options: object) -> bytes:
    """Create an AVIF or HEIC that declares this size."""
    size = (512, 256)
    return claiming(encoded(image(size=size), form, **options), size, (width, height))


def claiming(data: bytes, size: tuple[int, int], claimed: tuple[int, int]) -> bytes:
    """Replace the width and height in every `ispe` box of an AVIF or HEIC."""
    old, new = (b"ispe\0\0\0\0" + struct.pack(">II", *each) for each in (size, claimed))
    assert old in data
    return data.replace(old, new)


def animated(form: str, size: tuple[int, int] = (256, 256)) -> bytes:
    first = image("RGB", size)
    return encoded(first, form, save_all=True, append_images=[Image.new("RGB", size)] * 3)


def exif_of(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def looping_exif() -> bytes:
    """Create a directory that declares 65,535 entries and points to itself."""
    return b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 40 + b"\x08\0\0\0"


def cut(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


def text_bomb() -> bytes:
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(b" " * 200_000_000, 1))
    return png(64, 64, idat=empty_rows(64, 64, 3), before=text)


def texts_behind_pixels() -> bytes:
    """Create a 7 MB PNG with 7 GB of text, in chunks that are each below libpng's limit."""
    good = png(64, 64, idat=empty_rows(64, 64, 3))
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 7_800_000, 9))
    return good[:-12] + text * 900 + good[-12:]


def small(form: str) -> bytes:
    return encoded(image(size=(32, 32)), form)


def png_of_mode(mode: str) -> bytes:
    if mode == "I;16":
        return encoded(Image.fromarray(np.asarray(image("L"), np.uint16) * 257), "PNG")
    return encoded(image(mode), "PNG")
