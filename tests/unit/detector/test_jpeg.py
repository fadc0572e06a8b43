"""A JPEG is accepted if it contains all pixels, no matter what else it contains, and refused if pixels are lost."""

import random
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import pytest
from face_detector.imaging import jpeg
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from face_detector.imaging.pixels import Pixels
from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason

from tests.support.jpegs import Sampling, handmade
from tests.support.large_files import photo, segment
from tests.support.odd_images import exif_of
from tests.support.pictures import astronaut, encoded

BASELINE: Final = photo()
PROGRESSIVE: Final = photo(progressive=True)
GREY: Final = encoded(np.asarray(cv2.cvtColor(astronaut()[::4, ::4].copy(), cv2.COLOR_RGB2GRAY), np.uint8))
# The offset after the start marker and the JFIF segment, which Pillow writes first.
HEAD: Final = 20
# A trailer of 50,000 bytes without a marker: some phones write one in place of the end marker of a panorama.
TRAILER: Final = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data" + bytes(
    min(byte, 254) for byte in random.Random(3).randbytes(50_000)
)
NOTE: Final = segment(0xE4, b"note" * 40)


def adobe(transform: int) -> bytes:
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes((transform,)))


def with_bounds(data: bytes, bounds: bytes) -> bytes:
    """Replace the spectral bounds in the header of the only scan."""
    at = data.index(b"\xff\xda")
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
    return data[: end - 3] + bounds + data[end:]


def before_each_segment(data: bytes, junk: bytes) -> bytes:
    """Insert bytes before every segment except the first."""
    at = [part.at - 2 for part in jpeg.segments(data) if part.marker != jpeg.CODED][1:]
    pieces = [data[start:end] for start, end in zip([0, *at], [*at, len(data)], strict=True)]
    return junk.join(pieces)


def pixels_of(data: bytes, long_side: int | None = None) -> Pixels:
    return decode(data, read_header(data), long_side)


def refused(data: bytes) -> FailureReason:
    with pytest.raises(ImageRejected) as rejected:
        pixels_of(data)
    return rejected.value.failure.reason


ODDITIES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "zeros between segments": lambda good: good[:HEAD] + bytes(18) + good[HEAD:],
    "noise before each segment": lambda good: before_each_segment(good, b"\x12\x34\xff\0junk"),
    "fill bytes before each segment": lambda good: before_each_segment(good, b"\xff" * 40),
    "a megabyte of zeros": lambda good: good[:HEAD] + bytes(1_000_000) + good[HEAD:],
    "JFIF of a later version": lambda good: good[:11] + b"\2\2" + good[13:],
    "JFIF of version 0": lambda good: good[:11] + b"\0\0" + good[13:],
    "JFIF that is cut": lambda good: good[:2] + segment(0xE0, b"JFIF\0\1") + good[HEAD:],
    "JFIF twice": lambda good: good[:HEAD] + good[2:],
    "no JFIF": lambda good: good[:2] + good[HEAD:],
    "a broken profile": lambda good: good[:HEAD] + segment(0xE2, b"ICC_PROFILE\0\2\1xx") + good[HEAD:],
    "markers inside a segment": lambda good: good[:HEAD] + segment(0xE5, b"\xff\xd9\xff\xda\xff\xd8") + good[HEAD:],
    "a second start": lambda good: good[:2] + good,
    "no end": lambda good: good[:-2],
    "half an end": lambda good: good[:-1],
    "a trailer instead of an end": lambda good: good[:-2] + TRAILER + b"SEFT",
    "zeros instead of an end": lambda good: good[:-2] + bytes(5_000),
    "a note instead of an end": lambda good: good[:-2] + NOTE,
    "a cut note instead of an end": lambda good: good[:-2] + NOTE[:-20],
    "a preview instead of an end": lambda good: good[:-2] + handmade(64, 64),
    "a trailer": lambda good: good + TRAILER,
    "another picture": lambda good: good + handmade(64, 64),
    "padding before the end": lambda good: good[:-2] + bytes(64) + good[-2:],
    "restarts after the last scan": lambda good: good[:-2] + b"\xff\xd0\xff\xd1" + good[-2:],
}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("good", [BASELINE, PROGRESSIVE, GREY], ids=["baseline", "progressive", "grey"])
def test_unusual_segments_do_not_change_the_pixels(good: bytes, oddity: str) -> None:
    assert np.array_equal(pixels_of(ODDITIES[oddity](good)), pixels_of(good))


@pytest.mark.parametrize("transform", [3, 7, 255])
@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_an_unknown_colour_transform_is_treated_as_the_default(mode: str, transform: int) -> None:
    good = photo() if mode == "RGB" else handmade(64, 64, ((1, 1),) * 4)
    known = {"RGB": 1, "CMYK": 2}[mode]
    start = good[:2] + adobe(transform) + good[HEAD if mode == "RGB" else 2 :]
    expected = good[:2] + adobe(known) + good[HEAD if mode == "RGB" else 2 :]
    assert np.array_equal(pixels_of(start), pixels_of(expected))


def test_the_adobe_segment_is_kept() -> None:
    """Without it, red, green and blue would be treated as brightness and two colour differences."""
    rgb = encoded(astronaut()[::4, ::4].copy(), quality=100, subsampling=0, keep_rgb=True)
    assert np.abs(pixels_of(rgb)[..., ::-1].astype(int) - astronaut()[::4, ::4]).mean() < 2


@pytest.mark.parametrize("bounds", [b"\0\0\0", b"\0\x3f\x11", b"\1\x05\0"])
def test_spectral_bounds_are_ignored_in_a_scan_that_is_not_progressive(bounds: bytes) -> None:
    odd = with_bounds(BASELINE, bounds)
    assert np.array_equal(pixels_of(odd), pixels_of(BASELINE))
    for share in (0.3, 0.6, 0.9):
        assert refused(odd[: int(len(odd) * share)]) is FailureReason.CORRUPT_IMAGE


SAMPLINGS: Final[list[Sampling]] = [
    ((1, 1),),
    ((2, 2), (1, 1), (1, 1)),
    ((2, 1),) * 3,
    ((3, 1), (1, 1), (1, 1)),
    ((3, 2), (1, 1), (1, 1)),
    ((4, 2), (1, 1), (1, 1)),
    ((4, 1), (2, 1), (1, 1)),
    ((2, 2), (2, 1), (1, 2)),
    ((1, 1), (2, 1), (1, 1)),
    ((1, 1), (2, 2), (2, 2)),
]


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("restart", [0, 1, 5])
def test_a_complete_picture_with_any_sampling_is_decoded(sampling: Sampling, *, separate: bool, restart: int) -> None:
    data = handmade(230, 150, sampling, separate=separate, restart=restart, end=False)
    expected = cv2.imdecode(np.frombuffer(data + b"\xff\xd9", np.uint8), cv2.IMREAD_COLOR)
    assert expected is not None
    for whole in (data, data + b"\xff\xd9", data + b"\xff\xd9" + TRAILER):
        assert np.abs(pixels_of(whole).astype(int) - expected).max() <= 2
    assert pixels_of(data, 57).shape == (38, 58, 3)


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("restart", [0, 5])
def test_a_truncated_picture_with_any_sampling_is_refused(sampling: Sampling, *, separate: bool, restart: int) -> None:
    data = handmade(230, 150, sampling, separate=separate, restart=restart, end=False)
    start = data.index(b"\xff\xda") + 20
    for share in (0.0, 0.3, 0.6, 0.9):
        cut = data[: start + int((len(data) - start) * share)]
        assert refused(cut) is FailureReason.CORRUPT_IMAGE, share
        assert refused(cut + b"\xff\xd9") is FailureReason.CORRUPT_IMAGE, share


@pytest.mark.parametrize("good", [BASELINE, PROGRESSIVE, GREY], ids=["baseline", "progressive", "grey"])
@pytest.mark.parametrize("oddity", ["noise before each segment", "no JFIF", "JFIF of a later version"])
def test_a_truncated_file_is_refused_at_any_length_and_with_any_oddity(good: bytes, oddity: str) -> None:
    odd = ODDITIES[oddity](good)
    for share in np.linspace(0.05, 0.97, 24):
        assert refused(odd[: int(len(odd) * share)]) is FailureReason.CORRUPT_IMAGE, share


def test_a_progressive_picture_cut_between_two_scans_is_refused() -> None:
    scans = [part.at - 2 for part in jpeg.segments(PROGRESSIVE) if part.marker == jpeg.SOS]
    assert len(scans) > 4
    for at in scans[1:]:
        assert refused(PROGRESSIVE[:at]) is FailureReason.CORRUPT_IMAGE


def test_a_warning_about_padding_does_not_hide_a_truncation() -> None:
    """The library reports only its first warning, which is about unused bytes in this case."""
    scans = [part.end for part in jpeg.segments(PROGRESSIVE) if part.marker == jpeg.CODED]
    padded = PROGRESSIVE[: scans[0]] + bytes(9) + PROGRESSIVE[scans[0] :]
    assert np.array_equal(pixels_of(padded), pixels_of(PROGRESSIVE))
    assert refused(padded[:-200]) is FailureReason.CORRUPT_IMAGE
    assert refused(padded[:-200] + b"\xff\xd9") is FailureReason.CORRUPT_IMAGE


@pytest.mark.parametrize(
    "early",
    [b"\xff\xd9", b"\xff\xff\xd9", b"junk\xff\xd9", b"\xff\xd9\xff\xd9"],
    ids=["end", "filled end", "end behind junk", "two ends"],
)
@pytest.mark.parametrize("marker", [b"\xff\xdb", b"\xff\xc0", b"\xff\xda"], ids=["tables", "frame", "scan"])
def test_an_end_marker_before_the_first_scan_is_damage(early: bytes, marker: bytes) -> None:
    """Decoders continue after the marker, but the parser does not count the scans there."""
    where = BASELINE.index(marker)
    assert refused(BASELINE[:where] + early + BASELINE[where:]) is FailureReason.CORRUPT_IMAGE


def test_the_parser_and_the_decoder_agree_on_the_end_of_the_picture() -> None:
    """A decoder receives the segments that the parser has counted, and not a single byte after them."""
    for good in (BASELINE, PROGRESSIVE):
        for behind in (b"", TRAILER, NOTE * 3, handmade(64, 64), PROGRESSIVE[HEAD:]):
            given = jpeg.picture(good + behind)
            assert given == jpeg.picture(good)
            assert [part.marker for part in jpeg.segments(given)].count(jpeg.SOS) == good.count(b"\xff\xda")


def test_a_decoder_does_not_receive_metadata() -> None:
    full = photo(exif=exif_of(6), icc_profile=b"p" * 200_000, comment=b"c" * 60_000)
    assert jpeg.picture(full) == jpeg.picture(BASELINE)
    assert read_header(full).orientation == 6


@pytest.mark.parametrize("count", [0, 3, 255])
def test_a_frame_or_scan_with_a_wrong_number_of_components_is_rejected(count: int) -> None:
    at = BASELINE.index(b"\xff\xc0")
    for where in (at + 9, BASELINE.index(b"\xff\xda") + 4):
        odd = BASELINE[:where] + bytes((count,)) + BASELINE[where + 1 :]
        if odd != BASELINE:
            assert refused(odd) is FailureReason.CORRUPT_IMAGE
