"""The decoding cost of an AVIF or HEIC follows from its items, and is limited before a library decodes any."""

from dataclasses import replace

import pytest
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.isobmff import ALPHA, Coded, Item, Reference, box, coded, derived, file, full_box, grid, overlay
from tests.support.odd_images import animated
from tests.support.pictures import encoded

AVIF = coded(64, "AVIF")
HEIC = coded(64, "HEIC")
CODED = pytest.mark.parametrize(("image", "form"), [(AVIF, "AVIF"), (HEIC, "HEIC")], ids=["AVIF", "HEIC"])


def refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[FailureReason, str]:
    """Return the reason and the detail with which a file is refused before a library reads it."""
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", lambda *_, **__: pytest.fail("a library was given the file"))
        with pytest.raises(ImageRejected) as rejected:
            read_header(data)
    return rejected.value.failure.reason, rejected.value.failure.detail


def decoded_shape(data: bytes) -> tuple[int, ...]:
    return decode(data, read_header(data), None).shape


@CODED
def test_a_grid_is_decoded(image: Coded, form: str) -> None:
    assert decoded_shape(derived(grid(2, 3, 64), [image.item(64, 64)] * 6, form)) == (128, 192, 3)


@CODED
def test_the_tiles_of_a_grid_are_limited_in_total(image: Coded, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    large = derived(grid(8, 8, 512), [image.item(4_992, 4_992)] * 64, form)
    assert len(large) < 12_000
    reason, detail = refused(large, monkeypatch)
    assert reason is FailureReason.TOO_MANY_PIXELS
    assert detail == "The image has 1,611 megapixels in total across its parts; the maximum is 204 megapixels."


def test_tiles_count_as_often_as_nested_grids_use_them(monkeypatch: pytest.MonkeyPatch) -> None:
    grids = [grid(2, 2, 2_000)] * 4
    items = [*grids, HEIC.item(4_000, 4_000)]
    chain = [Reference(b"dimg", number, [number + 1] * 4) for number in range(1, 5)]
    assert refused(file(items, "HEIC", chain), monkeypatch)[0] is FailureReason.TOO_MANY_PIXELS


@pytest.mark.parametrize("length", [1, 2, 9])
def test_items_that_derive_from_each_other_are_refused(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    circle = [Reference(b"dimg", number, [number % length + 1]) for number in range(1, length + 1)]
    data = file([grid(1, 1, 64)] * length, "HEIC", circle)
    assert refused(data, monkeypatch)[0] is FailureReason.CORRUPT_IMAGE


def test_an_overlay_is_refused_with_any_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    reason, detail = refused(derived(overlay(16_000, 16_000, 1), [HEIC.item(64, 64)], "HEIC"), monkeypatch)
    assert reason is FailureReason.CORRUPT_IMAGE
    assert "save it as one image" in detail


def test_a_coded_image_must_not_be_larger_than_its_item_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoded_shape(file([AVIF.item(64, 64)], "AVIF")) == (64, 64, 3)
    for data in (
        file([AVIF.item(32, 32)], "AVIF"),
        derived(grid(1, 1, 32), [AVIF.item(32, 32)], "AVIF"),
        file([AVIF.item(64, 64), AVIF.item(32, 32, full_box(b"auxC", ALPHA))], "AVIF", [Reference(b"auxl", 2, [1])]),
    ):
        assert refused(data, monkeypatch)[0] is FailureReason.CORRUPT_IMAGE


@pytest.mark.parametrize(
    "part",
    # The temporal delimiters of consecutive frames, and empty padding.
    [AVIF.data, b"\x7a\0"],
    ids=["frames", "padding"],
)
def test_the_parts_of_a_coded_image_are_limited(part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    many = AVIF._replace(data=AVIF.data + part * 100)
    reason, detail = refused(file([many.item(64, 64)], "AVIF"), monkeypatch)
    assert reason is FailureReason.CORRUPT_IMAGE
    assert "far more than a normal photo" in detail


@CODED
def test_coded_data_may_be_in_the_meta_box(image: Coded, form: str) -> None:
    item = replace(image.item(64, 64), in_meta=True)
    assert decoded_shape(file([item], form)) == (64, 64, 3)


def test_coded_data_in_the_meta_box_must_not_be_larger_than_its_item_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    item = replace(AVIF.item(32, 32), in_meta=True)
    assert refused(file([item], "AVIF"), monkeypatch)[0] is FailureReason.CORRUPT_IMAGE


def test_an_item_without_a_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sizeless = Item(HEIC.kind, HEIC.data, (HEIC.configuration,))
    assert refused(file([sizeless], "HEIC"), monkeypatch)[0] is FailureReason.CORRUPT_IMAGE


def test_a_second_meta_box_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file([HEIC.item(64, 64)], "HEIC")
    second = data[len(data) - len(box(b"mdat", HEIC.data)) :]
    assert refused(data + full_box(b"meta") + second, monkeypatch)[0] is FailureReason.CORRUPT_IMAGE


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("form", ["AVIF", "HEIC"])
def test_files_from_common_encoders_are_decoded(form: str, mode: str) -> None:
    assert decoded_shape(encoded(Image.new(mode, (200, 120)), form)) == (120, 200, 3)


def test_the_picture_of_an_animated_avif_is_its_still_image() -> None:
    data = animated("AVIF", (96, 64))
    assert data[8:12] == b"avis"
    assert decoded_shape(data) == (64, 96, 3)


@pytest.mark.parametrize(("brand", "form"), [(b"avis", "AVIF"), (b"hevc", "HEIC")])
def test_an_animation_without_a_still_image_is_reported(
    brand: bytes, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = box(b"ftyp", brand + b"\0\0\0\0msf1" + brand) + box(b"moov", bytes(100)) + box(b"mdat", bytes(100))
    reason, detail = refused(data, monkeypatch)
    assert reason is FailureReason.CORRUPT_IMAGE
    assert detail.startswith(f"The {form} file is an animation without a still image.")


@settings(max_examples=200)
@given(st.sampled_from([AVIF, HEIC]), st.data())
def test_damage_is_reported_with_a_reason(image: Coded, data: st.DataObject) -> None:
    form = "AVIF" if image is AVIF else "HEIC"
    whole = bytearray(derived(grid(1, 2, 64), [image.item(64, 64)] * 2, form))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(16, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        read_header(bytes(whole))
    except ImageRejected:
        return
