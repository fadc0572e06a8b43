"""The content, the size and the metadata of renders."""

import io

import numpy as np
import pytest
from face_detector.analyse import analyse
from face_detector.detection.detector import Detector
from facelib.domain import limits
from facelib.domain.options import Options, Size
from facelib.domain.renders import DRAWN, Render
from PIL import Image

from tests.support.detector import pixels_of, redrawn, result
from tests.support.pictures import Picture, astronaut, compose, encoded, resized


@pytest.mark.parametrize("side", [200, 512, 2_000, 2_900])
def test_boxes_and_labels_scale_with_the_picture(side: int, fast: Detector) -> None:
    picture = resized(astronaut()[:256], side, side // 2)
    drawing, face = result(picture, Render.BOXES, fast)
    assert drawing.shape == picture.shape
    row = int(face.box.y + face.box.height / 2)
    green = is_line(drawing[row, : int(face.box.x + face.box.width / 2)]).sum()
    assert max(1, side / 500) <= green <= max(3, side / 250)
    above = is_line(drawing[: int(face.box.y)]).sum()
    assert above >= 100 * (side / 512) ** 0.5, "the label is visible"


def is_line(pixels: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    red, green, blue = (pixels[..., index].astype(int) for index in range(3))
    return np.asarray((green > 180) & (green - red > 90) & (green - blue > 70))


def test_results_are_reduced_unless_the_original_size_is_requested(fast: Detector) -> None:
    for side, fit in [(200, 200), (2_048, 2_048), (3_000, 2_048), (4_000, 2_000)]:
        picture = resized(astronaut(), side, side // 8)
        data = encoded(picture)
        done = analyse(data, Options(), fast)
        assert pixels_of(done.results[Render.BOXES]).shape == (fit // 8, fit, 3)
        assert fit <= limits.RESULT_LONG_SIDE
        original = analyse(data, Options(size=Size.ORIGINAL), fast)
        assert pixels_of(original.results[Render.BOXES]).shape == picture.shape


def test_every_render_is_a_separate_result(fast: Detector) -> None:
    done = analyse(encoded(resized(astronaut(), 256, 256)), Options(render=DRAWN), fast)
    assert set(done.results) == set(DRAWN)
    assert len(set(done.results.values())) == len(DRAWN)
    assert set(done.timings_ms) == {"header", "decode", "upright", "detect", "render", "encode"}
    assert all(taken == round(taken, 1) >= 0 for taken in done.timings_ms.values())


@pytest.mark.parametrize("first", [Render.BOXES, Render.BLUR])
def test_a_result_drawn_later_equals_the_one_that_the_job_would_have_drawn(first: Render, fast: Detector) -> None:
    photo = encoded(compose(750, 500, [(100, 100, 125), (400, 150, 20)])[0])
    requested = Options(render=(first,), blur_strength=4)
    others = [render for render in DRAWN if render is not first]
    with_job = analyse(photo, requested.model_copy(update={"render": (first, *others)}), fast)
    for render in others:
        assert redrawn(photo, requested, with_job.faces, render, fast) == with_job.results[render]


def test_reported_faces_are_also_hidden_later(fast: Detector) -> None:
    """The detector that draws may differ from the one that detected the faces."""
    faces = analyse(encoded(resized(astronaut(), 256, 256)), Options(), fast).faces
    grey = Image.new("RGB", (256, 256), "grey")
    grey.paste(Image.effect_noise((256, 256), 90))
    later = redrawn(encoded(grey), Options(), faces, Render.BLUR, fast)
    plain = redrawn(encoded(grey), Options(), faces, Render.PLAIN, fast)
    box = faces[0].box
    middle = np.s_[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]
    assert pixels_of(later)[middle].std() < pixels_of(plain)[middle].std() / 4


def test_a_preview_is_small_and_shows_the_first_render(fast: Detector) -> None:
    photo = resized(astronaut()[:, 120:376], 800, 1_600)
    blurred = analyse(encoded(photo), Options(render=(Render.PREVIEW, Render.BLUR)), fast)
    preview = Image.open(io.BytesIO(blurred.results[Render.PREVIEW]))
    assert (preview.format, preview.size) == ("WEBP", (limits.PREVIEW_LONG_SIDE // 2, limits.PREVIEW_LONG_SIDE))
    assert fast.detect(np.ascontiguousarray(np.asarray(preview.convert("RGB"))[..., ::-1]), 0.35).scores.size == 0
    unasked = analyse(encoded(resized(astronaut(), 256, 256)), Options(render=(Render.PREVIEW,)), fast)
    assert Image.open(io.BytesIO(unasked.results[Render.PREVIEW])).size == (256, 256), "nothing is enlarged"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_results_do_not_contain_metadata(form: str, fast: Detector) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[1] = "SECRET"
    more = {"JPEG": {"comment": b"SECRET comment"}, "PNG": {}, "WEBP": {}}[form]
    data = encoded(
        resized(astronaut(), 256, 256),
        form,
        exif=exif.tobytes(),
        xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>",
        icc_profile=b"SECRET",
        **more,
    )
    assert b"SECRET" in data
    done = analyse(data, Options(render=DRAWN), fast)
    preview = done.results[Render.PREVIEW]
    assert b"SECRET" not in preview
    assert set(Image.open(io.BytesIO(preview)).info) <= {"loop", "background", "timestamp", "duration"}
    for jpeg in (picture for render, picture in done.results.items() if render is not Render.PREVIEW):
        assert b"SECRET" not in jpeg
        assert {marker for marker in segments(jpeg) if 0xE1 <= marker <= 0xEF or marker == 0xFE} == set()
        assert set(Image.open(io.BytesIO(jpeg)).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def segments(jpeg: bytes) -> list[int]:
    """Return the markers of a JPEG's segments that precede its pixels."""
    markers, at = [], 2
    while jpeg[at + 1] != 0xDA:
        markers.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return markers
