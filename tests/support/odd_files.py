"""Files that are difficult for decoders, each with the outcomes that are correct for it."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from facelib.domain.job import FailureReason

from tests.support.odd_images import (
    animated,
    avif_with_size,
    black_bomb,
    chunk,
    cut,
    damaged,
    empty_rows,
    exif_of,
    flat,
    gif_with_size,
    image,
    jpeg_of_many_scans,
    jpeg_with_size,
    looping_exif,
    patched,
    png,
    png_16_bit,
    png_of_mode,
    small,
    text_bomb,
    texts_behind_pixels,
    webp_with_canvas,
    with_size,
)
from tests.support.pictures import encoded

OK: Final = "ok"
CORRUPT: Final = FailureReason.CORRUPT_IMAGE
UNSUPPORTED: Final = FailureReason.UNSUPPORTED_FORMAT
MANY: Final = FailureReason.TOO_MANY_PIXELS


@dataclass(frozen=True)
class OddFile:
    name: str
    make: Callable[[], bytes]
    right: frozenset[str]


def odd(name: str, make: Callable[[], bytes], *right: str) -> OddFile:
    return OddFile(name, make, frozenset(right))


def _jpegs() -> Iterator[OddFile]:
    good = encoded(image())
    yield odd("grey.jpg", lambda: encoded(image("L")), OK)
    yield odd("cmyk.jpg", lambda: encoded(image("CMYK")), OK)
    yield odd("progressive.jpg", lambda: encoded(image(), progressive=True), OK)
    yield odd("one_pixel.jpg", lambda: encoded(flat(1, 1)), OK)
    yield odd("two_pixels.jpg", lambda: encoded(flat(2, 1)), OK)
    yield odd("prime_sides.jpg", lambda: encoded(image(size=(509, 251))), OK)
    yield odd("thin.jpg", lambda: encoded(flat(1, 60_000)), OK)
    yield odd("flat.jpg", lambda: encoded(flat(65_500, 1)), OK)
    yield odd("bytes_behind_the_end.jpg", lambda: good + b"behind" * 1000, OK)
    yield odd("image_behind_the_end.jpg", lambda: good + encoded(image(size=(64, 64))), OK)
    yield odd("broken_exif.jpg", lambda: encoded(image(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), OK)
    yield odd("broken_profile.jpg", lambda: good[:2] + b"\xff\xe2\x00\x20ICC_PROFILE\0\2\1" + b"x" * 16 + good[2:], OK)
    yield odd("looping_exif.jpg", lambda: encoded(image(), exif=looping_exif()), OK)
    yield odd("exif_of_garbage.jpg", lambda: encoded(image(), exif=b"Exif\0\0" + b"garbage" * 100), OK)
    yield odd("orientation_99.jpg", lambda: encoded(image(), exif=exif_of(99)), OK)
    yield odd("long_comment.jpg", lambda: encoded(image(), comment=b"x" * 60_000), OK)
    yield odd("broken_icc.jpg", lambda: encoded(image(), icc_profile=b"not a profile" * 500), OK)
    for share in (0.02, 0.3, 0.7, 0.98):
        yield odd(f"cut_at_{share}.jpg", partial(cut, good, share), CORRUPT)
    yield odd("without_end_marker.jpg", lambda: good[:-2], OK)
    yield odd("cut_progressive.jpg", lambda: cut(encoded(image(), progressive=True)), CORRUPT)
    yield odd("cut_grey.jpg", lambda: cut(encoded(image("L"))), CORRUPT)
    yield odd("cut_cmyk.jpg", lambda: cut(encoded(image("CMYK"))), CORRUPT)
    # Damage to a JPEG's coded data may be undetectable: decoders notice only invalid codes.
    yield odd("damaged_pixels.jpg", lambda: damaged(good, 0.4), CORRUPT, OK)
    yield odd("damaged_tables.jpg", lambda: damaged(good, 0.001), CORRUPT)
    yield odd("signature_only.jpg", lambda: b"\xff\xd8\xff", CORRUPT)
    yield odd("signature_and_noise.jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, CORRUPT)
    yield odd("claims_no_width.jpg", lambda: jpeg_with_size(0, 64), CORRUPT)
    yield odd("claims_more_rows.jpg", lambda: jpeg_with_size(64, 6_400), CORRUPT)
    yield odd("bomb.jpg", lambda: jpeg_with_size(65_500, 65_500), MANY)
    yield odd("just_too_large.jpg", lambda: jpeg_with_size(10_000, 11_001), MANY)
    yield odd("many_scans.jpg", jpeg_of_many_scans, CORRUPT)


def _pngs() -> Iterator[OddFile]:
    good = encoded(image(), "PNG")
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield odd(f"mode_{mode.replace(';', '_')}.png", partial(png_of_mode, mode), OK)
    yield odd("16_bit.png", lambda: png_16_bit(alpha=False), OK)
    yield odd("16_bit_alpha.png", lambda: png_16_bit(alpha=True), OK)
    yield odd("palette_with_transparency.png", lambda: encoded(image("P"), "PNG", transparency=3), OK)
    yield odd("colour_with_transparency.png", lambda: encoded(image(), "PNG", transparency=(1, 2, 3)), OK)
    yield odd("animated.png", lambda: animated("PNG"), OK)
    yield odd("one_pixel.png", lambda: encoded(flat(1, 1), "PNG"), OK)
    yield odd("late_exif.png", lambda: good[:-12] + chunk(b"eXIf", exif_of(6)[6:]) + good[-12:], OK)
    yield odd("text_bomb.png", text_bomb, OK)
    yield odd("texts_behind_pixels.png", texts_behind_pixels, OK)
    yield odd("cut_in_half.png", lambda: cut(good), CORRUPT)
    yield odd("cut_alpha.png", lambda: cut(encoded(image("RGBA"), "PNG")), CORRUPT)
    yield odd("bad_checksum.png", lambda: patched(good, good[29:33], b"\0\0\0\0"), CORRUPT)
    yield odd("damaged_pixels.png", lambda: damaged(good, 0.5), CORRUPT)
    yield odd("damaged_alpha.png", lambda: damaged(encoded(image("RGBA"), "PNG"), 0.5), CORRUPT)
    yield odd("no_pixels.png", lambda: png(64, 64, idat=zlib.compress(b"")), CORRUPT)
    yield odd("too_few_rows.png", lambda: png(4_000, 4_000), CORRUPT)
    yield odd("signature_only.png", lambda: b"\x89PNG\r\n\x1a\n", CORRUPT)
    yield odd("claims_no_width.png", lambda: png(0, 64), CORRUPT)
    yield odd("bomb.png", lambda: png(30_000, 30_000), MANY)
    yield odd("bomb_with_pixels.png", black_bomb, MANY)
    yield odd("bomb_of_size.png", lambda: png(2**31 - 1, 2**31 - 1), MANY)
    yield odd("thin_bomb.png", lambda: png(1, 2**31 - 1), MANY)
    yield odd("long_side.png", lambda: png(1_000_000, 1, colour=0, idat=empty_rows(1_000_000, 1, 1)), MANY)


def _others() -> Iterator[OddFile]:
    gif, webp, avif = encoded(image("P"), "GIF"), encoded(image(), "WEBP"), encoded(image(), "AVIF")
    yield odd("animated.gif", lambda: animated("GIF"), OK)
    yield odd("transparent.gif", lambda: encoded(image("P"), "GIF", transparency=0), OK)
    yield odd("interlaced.gif", lambda: encoded(image("P"), "GIF", interlace=1), OK)
    yield odd("smaller_than_screen.gif", lambda: gif_with_size(640, 480), OK)
    yield odd("larger_than_screen.gif", lambda: gif_with_size(10, 10), OK, CORRUPT)
    yield odd("bomb.gif", lambda: gif_with_size(65_535, 65_535), MANY)
    yield odd("cut.gif", lambda: cut(gif), CORRUPT)
    yield odd("signature_only.gif", lambda: b"GIF89a", CORRUPT)
    yield odd("no_frame.gif", lambda: gif[:13] + b"\x3b", CORRUPT)
    yield odd("lossless.webp", lambda: encoded(image(), "WEBP", lossless=True), OK)
    yield odd("alpha.webp", lambda: encoded(image("RGBA"), "WEBP"), OK)
    yield odd("animated.webp", lambda: animated("WEBP"), OK)
    yield odd("bomb.webp", lambda: webp_with_canvas(16_383, 16_383), MANY)
    yield odd("lying_canvas.webp", lambda: webp_with_canvas(2_000, 2_000), CORRUPT)
    yield odd("cut.webp", lambda: cut(webp), CORRUPT)
    yield odd("damaged.webp", lambda: damaged(webp, 0.001, 60), CORRUPT, OK)
    yield odd("signature_only.webp", lambda: b"RIFF\x04\0\0\0WEBP", CORRUPT)
    yield odd("alpha.avif", lambda: encoded(image("RGBA"), "AVIF"), OK)
    yield odd("animated.avif", lambda: animated("AVIF"), OK)
    yield odd("bomb.avif", lambda: avif_with_size(16_000, 16_000), MANY)
    yield odd("impossible_size.avif", lambda: avif_with_size(2**31, 2**31), MANY, CORRUPT)
    yield odd("lying_size.avif", lambda: avif_with_size(64, 64), CORRUPT)
    yield odd("cut.avif", lambda: cut(avif), CORRUPT)
    yield odd("signature_only.avif", lambda: avif[:32], CORRUPT)
    heic = encoded(image(), "HEIC")
    yield odd("alpha.heic", lambda: encoded(image("RGBA"), "HEIC"), OK)
    yield odd("bomb.heic", lambda: with_size("HEIC", 16_000, 16_000), MANY, CORRUPT)
    yield odd("impossible_size.heic", lambda: with_size("HEIC", 2**31, 2**31), MANY, CORRUPT)
    yield odd("lying_size.heic", lambda: with_size("HEIC", 64, 64), OK, CORRUPT)
    yield odd("damaged.heic", lambda: damaged(heic, 0.3, 60), CORRUPT, OK)
    yield odd("cut.heic", lambda: cut(heic), CORRUPT)
    yield odd("signature_only.heic", lambda: heic[:32], CORRUPT)


def _strangers() -> Iterator[OddFile]:
    yield odd("empty", lambda: b"", FailureReason.EMPTY_FILE)
    yield odd("one_byte", lambda: b"\xff", UNSUPPORTED)
    yield odd("zeros", lambda: b"\0" * 4_096, UNSUPPORTED)
    yield odd("noise", lambda: np.random.default_rng(1).bytes(4_096), UNSUPPORTED)
    yield odd("text.txt", "Ein Text, kein Bild, ¡olé!".encode, UNSUPPORTED)
    yield odd("text_named.jpg", lambda: b"not a JPEG at all", UNSUPPORTED)
    yield odd("page.html", lambda: b"<!DOCTYPE html><html></html>", UNSUPPORTED)
    yield odd("drawing.svg", lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', UNSUPPORTED)
    yield odd("paper.pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", UNSUPPORTED)
    yield odd("archive.zip", lambda: b"PK\x03\x04" + b"\0" * 40, UNSUPPORTED)
    yield odd("no_boxes.heic", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, CORRUPT)
    yield odd("photo.tiff", lambda: small("TIFF"), UNSUPPORTED)
    yield odd("photo.bmp", lambda: small("BMP"), UNSUPPORTED)
    yield odd("photo.ico", lambda: small("ICO"), UNSUPPORTED)
    yield odd("sound.wav", lambda: b"RIFF\x24\0\0\0WAVEfmt ", UNSUPPORTED)
    yield odd("too_large.jpg", lambda: encoded(image()) + b"\0" * 26_300_000, FailureReason.TOO_LARGE)


def odd_files() -> list[OddFile]:
    return [*_jpegs(), *_pngs(), *_others(), *_strangers()]
