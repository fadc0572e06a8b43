import pytest
from facelib.domain.formats import describe, sniff
from facelib.domain.job import ImageFormat

from tests.support.pictures import astronaut, encoded


@pytest.mark.parametrize("form", list(ImageFormat))
def test_a_supported_format_is_recognised_by_its_first_bytes(form: ImageFormat) -> None:
    data = encoded(astronaut(), form.value.upper())
    assert sniff(data) is form
    assert sniff(data[:32]) is form
    assert sniff(data[:2]) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1jpeg", "a HEIF image with an unknown codec"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "an MP4 or QuickTime video"),
        (b"II*\0\x08\0\0\0", "a TIFF image"),
        (b"BM\x36\0\0\0", "a BMP image"),
        (b"\xff\x0a\xfa", "a JPEG XL image"),
        (b"%PDF-1.4", "a PDF document"),
        (b'<?xml version="1.0"?><svg/>', "an SVG drawing"),
        (b"<!doctype html><p>", "an HTML page"),
        ("Grüße".encode(), "a text file"),
        ("ü".encode() * 1_000, "a text file"),
        (b"\x80\x81\x82", "a file of an unknown format"),
        (b"\0" * 40, "a file of an unknown format"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
    ],
)
def test_a_file_is_described_in_plain_words(data: bytes, words: str) -> None:
    assert describe(data) == words


def test_the_codec_may_follow_a_general_brand() -> None:
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") is ImageFormat.AVIF
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf") is ImageFormat.HEIC
    assert sniff(b"\0\0\0\x1cftypheic\0\0\0\0mif1avifmiaf") is ImageFormat.HEIC, "the major brand counts"
