"""Files whose parts would keep a library busy are refused before the library reads them; camera files are accepted."""

import contextlib
import struct
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from face_detector.imaging.header import read_header
from face_detector.imaging.structure import check_structure
from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.formats import sniff
from facelib.domain.job import FailureReason, ImageFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.cost import MOST_TIMES, in_photos
from tests.support.large_files import gif_of, jpeg_of, many, photo, segment, webp_of
from tests.support.odd_images import avif_with_size, chunk, png
from tests.support.pictures import encoded

FULL = limits.PRESIGNED_UPLOAD_BYTES

EXIF = segment(0xE1, b"Exif\0\0" + b"x" * 12)
LARGE_EXIF = segment(0xE1, b"Exif\0\0" + b"x" * 65_000)
NOTHING = segment(0xEF, b"")
COMMENT = b"\x21\xfe" + (b"\xff" + b"c" * 255) * 95_000 + b"\0"
FREE = struct.pack(">I4s", 8, b"free")
WEBP_PART = struct.pack("<4sI", b"abcd", 0)

BOMBS: dict[str, Callable[[], bytes]] = {
    "exif_segments.jpg": lambda: jpeg_of(EXIF, many(EXIF)),
    "large_exif_segments.jpg": lambda: jpeg_of(LARGE_EXIF, many(LARGE_EXIF)),
    "empty_segments.jpg": lambda: jpeg_of(NOTHING, many(NOTHING)),
    "text_chunks.png": lambda: png(64, 64, before=chunk(b"tEXt", b"k\0v") * many(chunk(b"tEXt", b"k\0v"))),
    "empty_pixel_chunks.png": lambda: png(64, 64, before=chunk(b"IDAT", b"") * many(chunk(b"IDAT", b""))),
    "exif.png": lambda: png(64, 64, before=chunk(b"eXIf", b"x" * 1_000_000)),
    "chunks.webp": lambda: webp_of(WEBP_PART, many(WEBP_PART)),
    "exif.webp": lambda: webp_of(struct.pack("<4sI", b"EXIF", 1_000_000) + b"x" * 1_000_000, 1),
    "comment.gif": lambda: gif_of(COMMENT, 1),
    "extensions.gif": lambda: gif_of(b"\x21\xfe\1c\0", many(b"\x21\xfe\1c\0")),
    "boxes.avif": lambda: avif_with_size(64, 64)[:32] + FREE * many(FREE),
    "meta.avif": lambda: avif_with_size(64, 64)[:32] + struct.pack(">I4s", FULL - 100, b"meta") + b"\0" * 1_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_with_too_many_parts_is_refused_before_a_library_reads_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        pytest.fail("a library was given the file")

    data = BOMBS[name]()
    assert len(data) <= FULL
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", fail)
        with pytest.raises(ImageRejected) as rejected:
            read_header(data)
    assert in_photos(lambda: check_structure(data, sniff(data) or ImageFormat.JPEG))[1] < MOST_TIMES
    assert rejected.value.failure.reason is FailureReason.CORRUPT_IMAGE
    assert "far more than a normal photo" in rejected.value.failure.detail


def exif_of_repeated_values() -> bytes:
    """Return EXIF whose five thousand tags all share 60,000 bytes, so that reading every tag would take 300 MB."""
    count, size = 5_000, 64_900
    tags = b"".join(struct.pack("<HHII", tag, 1, size - 4_800, 8) for tag in range(1, count + 1))
    return b"Exif\0\0" + (b"II*\0\x08\0\0\0" + struct.pack("<H", count) + tags + b"\0" * 4).ljust(size, b"\0")


def test_exif_is_read_in_memory_proportional_to_its_size() -> None:
    data = photo(exif=exif_of_repeated_values())
    tracemalloc.start()
    try:
        assert read_header(data).orientation == 1
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_files_from_cameras_and_editors_are_accepted() -> None:
    profile = segment(0xE2, b"ICC_PROFILE\0\1\1" + b"x" * 60_000)
    depth_map = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"x" * 65_000)
    assert read_header(jpeg_of(profile + depth_map, 100)).width == 128
    assert read_header(photo(progressive=True) + photo()).width == 128
    assert read_header(photo("PNG", exif=Image.Exif().tobytes())).width == 128
    assert read_header(photo("WEBP", exif=Image.Exif().tobytes(), icc_profile=b"x" * 500_000)).width == 128
    assert read_header(photo("GIF", comment=b"x" * 10_000)).width == 128
    large = Image.effect_noise((2_000, 2_000), 90).convert("RGB")
    assert read_header(encoded(large, "PNG", compress_level=0)).width == 2_000


def test_scan_markers_inside_a_segment_are_not_counted() -> None:
    """The two bytes that begin a scan may occur inside a segment, where they have no meaning."""
    assert read_header(jpeg_of(segment(0xE5, b"\xff\xda" * 1_000), 1)).width == 128


@given(
    st.sampled_from([photo(), photo("PNG"), photo("WEBP"), photo("GIF"), photo("AVIF"), photo("HEIC")]),
    st.lists(st.tuples(st.integers(0, 4_000), st.binary(max_size=12)), max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_are_accepted_or_rejected(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    broken = bytearray(data)
    for at, new in changes:
        broken[at : at + len(new)] = new
    image_format = sniff(bytes(broken))
    if image_format is None:
        return
    with contextlib.suppress(ImageRejected):
        check_structure(bytes(broken), image_format)


def test_compressed_pixels_in_small_chunks_are_accepted() -> None:
    pixels = zlib.compress(b"\0" * (64 * 3 + 1) * 64)
    pieces = b"".join(chunk(b"IDAT", pixels[at : at + 1]) for at in range(len(pixels)))
    whole = png(64, 64)
    data = whole[:33] + pieces + whole[-12:]
    assert read_header(data).width == 64
