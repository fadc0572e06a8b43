"""Colours that a file defines by code points instead of a profile."""

import struct

import numpy as np
import pytest
from face_detector.imaging import cicp
from face_detector.imaging.cicp import CodePoints
from face_detector.imaging.colour import to_srgb
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header

from tests.support.odd_images import chunk
from tests.support.pictures import Picture, encoded
from tests.support.profiles import PROFILES

COLOURS = [(200, 30, 30), (30, 180, 40), (40, 60, 200), (224, 172, 140), (120, 80, 60), (250, 200, 40), (128,) * 3]
CHART = np.repeat(np.repeat(np.array([[*COLOURS, (255,) * 3]], np.uint8), 64, axis=0), 32, axis=1)
P3 = PROFILES["Display P3"]
SRGB, PQ, HLG = 13, 16, 18
P3_CICP = chunk(b"cICP", bytes((12, SRGB, 0, 1)))
SRGB_CHUNK = chunk(b"sRGB", b"\0")
# White, red, green and blue.
SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
P3_CHROMATICITIES = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def shown(data: bytes) -> Picture:
    header = read_header(data)
    return np.asarray(to_srgb(decode(data, header, None), header.profile)[..., ::-1], np.uint8)


def png_with(*chunks: bytes, icc_profile: bytes | None = None) -> bytes:
    plain = encoded(CHART, "PNG", **({"icc_profile": icc_profile} if icc_profile else {}))
    return plain[:33] + b"".join(chunks) + plain[33:]


def gama(number: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", number))


def chrm(chromaticities: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *chromaticities))


def heif_with(form: str, primaries: int, transfer: int) -> bytes:
    data = encoded(CHART, form, quality=95, **({"subsampling": "4:4:4"} if form == "AVIF" else {"chroma": 444}))
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def difference(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("form", ["AVIF", "HEIC"])
def test_an_avif_or_heic_in_display_p3_is_converted(form: str) -> None:
    assert difference(shown(heif_with(form, 12, SRGB)), P3.as_srgb(CHART)) < 3
    assert difference(shown(heif_with(form, 1, SRGB)), CHART) < 3


@pytest.mark.parametrize("form", ["AVIF", "HEIC"])
def test_a_profile_takes_precedence_over_code_points(form: str) -> None:
    named = heif_with(form, 12, SRGB)
    with_profile = encoded(CHART, form, icc_profile=P3.icc)
    assert read_header(named).profile != read_header(with_profile).profile == P3.icc


@pytest.mark.parametrize("points", [(1, 13), (1, 1), (2, 2), (1, 6), (1, 14), (0, 0), (255, 255), (65535, 65535)])
def test_srgb_video_and_reserved_code_points_change_nothing(points: tuple[int, int]) -> None:
    assert cicp.profile(CodePoints(*points)) == b""


@pytest.mark.parametrize(
    "chunks",
    [
        [P3_CICP],
        [P3_CICP, SRGB_CHUNK, gama(45455), chrm(SRGB_CHROMATICITIES)],
        [gama(45455), chrm(P3_CHROMATICITIES)],
    ],
)
def test_a_png_in_display_p3_is_converted(chunks: list[bytes]) -> None:
    assert difference(shown(png_with(*chunks)), P3.as_srgb(CHART)) < 1


def test_in_a_png_code_points_take_precedence_over_a_profile() -> None:
    assert difference(shown(png_with(P3_CICP, icc_profile=PROFILES["red is green"].icc)), P3.as_srgb(CHART)) < 1


def test_a_png_with_an_exponent_and_primaries_is_converted() -> None:
    linear = png_with(gama(100_000), chrm(SRGB_CHROMATICITIES))
    assert difference(shown(linear), PROFILES["linear"].as_srgb(CHART)) < 1


@pytest.mark.parametrize(
    "chunks",
    [
        [SRGB_CHUNK, gama(100_000), chrm(P3_CHROMATICITIES)],
        [gama(45455), chrm(SRGB_CHROMATICITIES)],
        # An exponent without primaries: old editors wrote wrong values here.
        [gama(100_000)],
        [chrm(P3_CHROMATICITIES)],
        [gama(0), chrm(P3_CHROMATICITIES)],
        [gama(1), chrm(P3_CHROMATICITIES)],
        [gama(2**32 - 1), chrm(P3_CHROMATICITIES)],
        [gama(45455), chrm((0,) * 8)],
        [gama(45455), chrm((30000,) * 8)],
        [gama(45455), chrm((2**32 - 1,) * 8)],
        [gama(45455), chunk(b"cHRM", b"\0" * 8)],
        [chunk(b"gAMA", b""), chrm(P3_CHROMATICITIES)],
        [chunk(b"cICP", b"\1")],
        [chunk(b"cICP", bytes((1, SRGB, 0, 1)))],
        [chunk(b"iCCP", b"no end of the name")],
        [chunk(b"iCCP", b"name\0\0not deflated")],
    ],
)
def test_a_png_without_usable_colours_is_not_converted(chunks: list[bytes]) -> None:
    assert shown(png_with(*chunks)).tobytes() == CHART.tobytes()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_is_compressed_to_the_range_of_a_screen(transfer: int) -> None:
    light = cicp.curve(transfer)
    assert light[0] == pytest.approx(0, abs=1e-6)
    assert light[-1] == pytest.approx(1, abs=0.001)
    assert np.all(np.diff(light) >= 0)


def test_100_nits_stay_below_white_and_white_keeps_most_of_its_light() -> None:
    # ITU-R BT.2408, table 1: the signal levels of white at 203 nits.
    pq, hlg = cicp.curve(PQ), cicp.curve(HLG)
    assert pq[round(0.508 * 4095)] == pytest.approx(100 / 203, abs=0.03)
    assert 0.75 < pq[round(0.58 * 4095)] < 0.9
    assert 0.75 < hlg[round(0.75 * 4095)] < 0.9


def test_white_in_pq_is_not_shown_as_a_dim_grey() -> None:
    # White in a BT.2100 picture, in which highlights can be brighter.
    white = np.full((32, 32, 3), round(0.58 * 255), np.uint8)
    data = encoded(white, "PNG")
    pixels = shown(data[:33] + chunk(b"cICP", bytes((9, PQ, 0, 1))) + data[33:])
    assert pixels.min() > 220
    assert np.ptp(pixels) <= 2
