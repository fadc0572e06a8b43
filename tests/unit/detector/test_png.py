"""A decoder receives only those chunks of a PNG that are needed for its pixels."""

import zlib

import numpy as np
import pytest
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from face_detector.imaging.pixels import Pixels
from face_detector.imaging.png import chunks, without_metadata
from facelib.domain.errors import ImageRejected
from PIL import Image, PngImagePlugin

from tests.support.odd_images import animated, chunk, exif_of, image
from tests.support.pictures import encoded

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]


def pixels_of(data: bytes) -> Pixels:
    return decode(data, read_header(data), None)


@pytest.mark.parametrize("mode", MODES)
def test_metadata_does_not_change_pixels(mode: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "<x/>" * 1_000, zip=True)
    picture = image("I").convert("I;16") if mode == "I;16" else image(mode)
    plain = encoded(picture, "PNG")
    full = encoded(picture, "PNG", pnginfo=text, icc_profile=b"x" * 5_000, exif=exif_of(1), dpi=(300, 300))
    assert without_metadata(full) == plain
    assert np.array_equal(pixels_of(full), pixels_of(plain))


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_text_or_profile_of_megabytes_is_accepted(kind: bytes) -> None:
    plain = encoded(image(), "PNG")
    part = chunk(kind, b"k\0\0" + zlib.compress(b" " * 5_000_000))
    assert np.array_equal(pixels_of(plain[:33] + part + plain[33:]), pixels_of(plain))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_picture_of_an_animated_png_is_its_default_image(mode: str) -> None:
    frames = [Image.new(mode, (64, 48), colour) for colour in ("red", "green", "blue")]
    first = encoded(frames[0], "PNG")
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    hidden = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True)
    assert np.array_equal(pixels_of(data), pixels_of(first))
    assert np.array_equal(pixels_of(hidden), pixels_of(first))
    assert len(without_metadata(data)) < len(animated("PNG"))


def test_an_unknown_critical_chunk_is_left_for_the_decoder_to_refuse() -> None:
    plain = encoded(image(), "PNG")
    unknown = chunk(b"ABCD", b"x")
    assert without_metadata(plain[:33] + unknown + plain[33:]) == plain[:33] + unknown + plain[33:]


def test_a_transparent_colour_is_kept() -> None:
    plain = encoded(image(), "PNG", transparency=(1, 2, 3))
    assert b"tRNS" in without_metadata(plain)
    assert read_header(plain).has_alpha


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_a_truncated_file_and_a_wrong_checksum_are_refused(mode: str) -> None:
    good = encoded(image(mode), "PNG")
    *_, checksum = (at + 8 + length for kind, at, length in chunks(good) if kind == b"IDAT")
    wrong = good[:checksum] + bytes((good[checksum] ^ 1,)) + good[checksum + 1 :]
    for damaged in (good[:-400], good[: checksum - 40], wrong):
        with pytest.raises(ImageRejected):
            pixels_of(damaged)
    for whole in (good[:-12], good[:checksum], good[: checksum + 3]):
        assert np.array_equal(pixels_of(whole), pixels_of(good))
