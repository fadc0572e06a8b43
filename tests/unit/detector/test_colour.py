"""The result for a file with a profile looks the same on an sRGB screen as the file does in a colour-managed viewer."""

import io
import zlib
from itertools import product
from typing import Any

import numpy as np
import pytest
from face_detector.analyse import analyse
from face_detector.detection.detector import Detector
from face_detector.imaging import icc
from face_detector.imaging.colour import to_srgb
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from facelib.domain import limits
from facelib.domain.options import Options, Size
from facelib.domain.renders import DRAWN, Render
from PIL import Image, ImageCms

from tests.support.detector import redrawn
from tests.support.lab import ciede2000, lab_of, rgb_of
from tests.support.odd_images import zeros
from tests.support.pictures import Picture, astronaut, encoded, turned
from tests.support.profiles import PROFILES, SRGB, curve, encoded_light, profile, table

FORMS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    "HEIC": {"quality": 95, "chroma": 444},
}
COLOURS = [(200, 30, 30), (30, 180, 40), (40, 60, 200), (224, 172, 140), (120, 80, 60), (250, 200, 40), (128,) * 3]
CHART = np.repeat(np.repeat(np.array([[*COLOURS, (255,) * 3]], np.uint8), 96, axis=0), 48, axis=1)
GREYS = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
# The colours of all combinations of cyan, magenta, yellow and black ink. Cyan is printed as orange, so that the test
# fails if the profile is ignored.
PRESS = [
    tuple(
        map(
            float,
            lab_of(np.array([((1 - m / 2) * (1 - k), (1 - c / 2) * (1 - k), (1 - y - c / 2 + c * y / 2) * (1 - k))]))[
                0
            ],
        )
    )
    for c, m, y, k in product((0, 1), repeat=4)
]


def shown(data: bytes) -> Picture:
    """Return the RGB pixels of a result on which nothing is drawn."""
    header = read_header(data)
    return np.asarray(to_srgb(decode(data, header, None), header.profile)[..., ::-1], np.uint8)


def opened(result: bytes) -> Picture:
    with Image.open(io.BytesIO(result)) as image:
        assert not {"icc_profile", "exif", "xmp"} & set(image.info)
        return np.asarray(image.convert("RGB"), np.uint8)


def distance(one: Picture, other: Picture) -> float:
    """Return the mean CIEDE2000 difference; a difference below 1 is invisible."""
    return float(np.mean(ciede2000(lab_of(one), lab_of(other))))


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("form", FORMS)
def test_a_profile_is_applied_in_every_format(form: str, name: str) -> None:
    data = encoded(Image.fromarray(CHART), form, **FORMS[form], icc_profile=PROFILES[name].icc)
    right = PROFILES[name].as_srgb(CHART)
    assert distance(shown(data), right) < 1
    assert distance(CHART, right) > 1.5, "the profile changes the colours visibly"


@pytest.mark.parametrize("size", Size)
def test_every_render_applies_the_profile(size: Size, fast: Detector) -> None:
    data = turned(np.tile(CHART, (2, 6, 1)), 6, quality=95, subsampling=0, icc_profile=PROFILES["Display P3"].icc)
    right = PROFILES["Display P3"].as_srgb(CHART)
    options = Options(render=DRAWN, size=size)
    analysis = analyse(data, options, fast)
    assert not analysis.faces
    assert set(analysis.results) == set(DRAWN)
    for render, result in analysis.results.items():
        assert redrawn(data, options, (), render, fast) == result
        assert tile(opened(result), right) < 1.5, render


def tile(result: Picture, right: Picture) -> float:
    """Return the colour difference of the top left chart in a result that has two rows of six charts."""
    height, width = result.shape[0] // 2, result.shape[1] // 6
    first = Image.fromarray(result[:height, :width]).resize((right.shape[1], right.shape[0]), Image.Resampling.NEAREST)
    inner = np.s_[8:-8]
    columns = [column for column in range(right.shape[1]) if 8 <= column % 48 < 40]
    return distance(np.asarray(first, np.uint8)[inner][:, columns], right[inner][:, columns])


def test_a_face_is_found_and_hidden_in_a_photo_with_a_profile(fast: Detector) -> None:
    picture = astronaut()[:256, 96:352]
    data = encoded(picture, icc_profile=PROFILES["red is green"].icc)
    result = analyse(data, Options(render=(Render.SOLID,)), fast).results[Render.SOLID]
    right = PROFILES["red is green"].as_srgb(picture)
    assert np.abs(opened(result)[230:].astype(int) - right[230:]).mean() < 4
    assert opened(result)[120, 124].max() < 10


@pytest.mark.parametrize("icc_profile", [SRGB.icc, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()])
def test_pixels_in_srgb_are_unchanged(icc_profile: bytes) -> None:
    pixels = astronaut()
    assert to_srgb(pixels.copy(), icc_profile).tobytes() == pixels.tobytes()


def broken() -> dict[str, bytes]:
    whole = PROFILES["Display P3"].icc
    return {
        "not a profile": b"not a profile" * 500,
        "truncated": whole[:200],
        "truncated in its header": whole[:100],
        "of another colour space": whole[:16] + b"CMYK" + whole[20:],
        "of grey": whole[:16] + b"GRAY" + whole[20:],
        "of 6 inks": whole[:16] + b"6CLR" + whole[20:],
        "a device link": whole[:12] + b"link" + whole[16:],
        "of named colours": whole[:12] + b"nmcl" + whole[16:],
        "too many tags": whole[:128] + b"\xff\xff\xff\xff" + whole[132:],
        "tags outside the profile": whole[:132] + b"\xff" * 132 + whole[264:],
        "without curves": whole.replace(b"rTRC", b"xTRC").replace(b"gTRC", b"yTRC"),
        "primaries of zero": whole[:228] + bytes(len(whole) - 228),
        "too large": whole + bytes(limits.PROFILE_BYTES),
    }


@pytest.mark.parametrize("fault", broken())
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_broken_profile_is_ignored(form: str, fault: str) -> None:
    if form == "WEBP" and fault == "too large":
        pytest.skip("libwebp refuses to write it")
    data = encoded(Image.fromarray(CHART), form, **FORMS[form], icc_profile=broken()[fault])
    assert shown(data).tobytes() == shown(encoded(Image.fromarray(CHART), form, **FORMS[form])).tobytes()


def test_a_photo_with_a_damaged_profile_is_accepted() -> None:
    random = np.random.default_rng(1)
    for whole in (PROFILES["Adobe RGB"].icc, profile(b"CMYK", {b"A2B0": table(PRESS)}, b"prtr", b"Lab ")):
        for _ in range(40):
            damaged = bytearray(whole)
            for at in random.integers(0, len(damaged), 6):
                damaged[at] = random.integers(256)
            data = encoded(Image.fromarray(CHART[:16]).convert("CMYK"), icc_profile=bytes(damaged))
            assert shown(data).shape == (16, *CHART.shape[1:])


def test_a_png_that_inflates_to_a_huge_profile_is_ignored() -> None:
    plain = encoded(Image.fromarray(CHART), "PNG")
    bomb = b"name\0\0" + zeros(200 * limits.MIB, 9)
    chunk = len(bomb).to_bytes(4) + b"iCCP" + bomb
    data = plain[:33] + chunk + zlib.crc32(chunk[4:]).to_bytes(4) + plain[33:]
    assert read_header(data).profile == b""
    assert shown(data).tobytes() == CHART.tobytes()


def test_lists_of_processing_elements_are_never_run() -> None:
    # The same eight bytes may be listed any number of times as an element, and each entry takes time to process.
    elements = b"mpet\0\0\0\0" + bytes((0, 3, 0, 3, 0, 1, 0, 0)) + bytes((0, 0, 0, 16, 0, 0, 0, 16)) * 65_536
    usual = {b"A2B0": table([(light, 0, 0) for light in range(0, 80, 10)])}
    lists = dict.fromkeys((b"D2B0", b"D2B1", b"B2D0", b"B2D3"), elements)
    whole = profile(b"RGB ", usual | lists, connection=b"Lab ")
    without = profile(b"RGB ", usual, connection=b"Lab ")
    assert not {b"D2B", b"B2D"} & {icc.without_element_lists(whole)[at : at + 3] for at in range(132, 240, 12)}
    assert to_srgb(CHART.copy(), whole).tobytes() != CHART.tobytes()
    assert to_srgb(CHART.copy(), whole).tobytes() == to_srgb(CHART.copy(), without).tobytes()


def test_a_table_of_colours_is_applied() -> None:
    # The corners of the RGB cube, with red and blue exchanged.
    corners = [tuple(map(float, lab_of(np.array([[b, g, r]], float))[0])) for r, g, b in product((0, 1), repeat=3)]
    data = encoded(
        Image.fromarray(CHART), "PNG", icc_profile=profile(b"RGB ", {b"A2B0": table(corners)}, connection=b"Lab ")
    )
    pixels = shown(data)
    assert pixels[4, 4 + 2 * 48].argmax() == 0, "blue is shown as red"
    assert pixels[4, 4].argmax() == 2
    assert pixels[4, -4].min() >= 253, "white stays white"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIC", "AVIF", "WEBP"])
def test_a_grey_profile_applies_to_a_grey_picture(form: str) -> None:
    linear = profile(b"GRAY", {b"kTRC": curve(1.0)})
    data = encoded(Image.fromarray(GREYS), form, **FORMS[form], icc_profile=linear)
    right = encoded_light(np.repeat(GREYS[..., None] / 255, 3, axis=2))
    assert np.abs(shown(data).astype(int) - right).mean() < 3


def test_a_grey_profile_does_not_apply_to_a_colour_picture() -> None:
    data = encoded(Image.fromarray(CHART), "PNG", icc_profile=profile(b"GRAY", {b"kTRC": curve(1.0)}))
    assert shown(data).tobytes() == CHART.tobytes()


@pytest.mark.parametrize("long_side", [None, 96])
def test_a_press_profile_applies_to_inks(long_side: int | None) -> None:
    inks = np.zeros((96, 5 * 96, 4), np.uint8)
    for number, ink in enumerate([(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255)]):
        inks[:, number * 96 : number * 96 + 96] = ink
    press = profile(b"CMYK", {b"A2B0": table(PRESS)}, b"prtr", b"Lab ")
    data = encoded(Image.fromarray(inks, "CMYK"), quality=95, icc_profile=press)
    header = read_header(data)
    pixels = to_srgb(decode(data, header, long_side), header.profile)[..., ::-1]
    seen = pixels[len(pixels) // 2, pixels.shape[1] // 10 :: pixels.shape[1] // 5]
    right = rgb_of(np.array([PRESS[corner] for corner in (0, 8, 4, 2, 1)])) * 255
    assert np.abs(seen - right).max() <= 16  # the table has 8 bits
    assert seen[1, 0] > seen[1, 2] + 80, "cyan is printed as orange"


def test_inks_without_a_usable_profile_are_not_converted() -> None:
    image = Image.fromarray(CHART).convert("CMYK")
    plain = shown(encoded(image, quality=95))
    for unused in (b"broken" * 99, PROFILES["Display P3"].icc, profile(b"GRAY", {b"kTRC": curve(1.0)})):
        assert np.abs(shown(encoded(image, quality=95, icc_profile=unused)).astype(int) - plain).mean() < 1
