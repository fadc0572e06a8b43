"""The crop: the part of a photo that contains its faces."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from face_detector.analyse import analyse
from face_detector.detection.detector import Detector
from face_detector.drawing import drawing_of
from facelib.domain.face import Face
from facelib.domain.options import CropAspect, CropFaces, Options, Size
from facelib.domain.renders import Render

from tests.support.detector import faces_in, pixels_of, redrawn
from tests.support.pictures import Picture, astronaut, compose, encoded, resized, rotated, uncompressed

GREY = np.full((300, 400, 3), 128, np.uint8)


def options(**chosen: object) -> Options:
    return Options.model_validate({"render": ("crop",), "size": "original", **chosen})


def cropped(picture: Picture, chosen: Options, detector: Detector) -> tuple[Picture, tuple[Face, ...]]:
    done = analyse(uncompressed(picture), chosen, detector)
    return pixels_of(done.results[Render.CROP]), done.faces


def group() -> Picture:
    return compose(900, 500, [(100, 100, 140), (650, 260, 90)])[0]


def test_a_crop_contains_every_face_and_the_requested_padding(fast: Detector) -> None:
    crop, faces = cropped(group(), options(crop_padding=0.25), fast)
    assert len(faces) == 2
    boxes = [face.box for face in faces]
    margin = 0.25 * max(max(box.width, box.height) for box in boxes)
    left, right = min(box.x for box in boxes), max(box.x + box.width for box in boxes)
    top, bottom = min(box.y for box in boxes), max(box.y + box.height for box in boxes)
    expected = group()[
        max(0, int(top - margin)) : round(bottom + margin), max(0, int(left - margin)) : round(right + margin)
    ]
    assert crop.shape == expected.shape
    assert np.abs(crop.astype(int) - expected).mean() < 3


def test_a_crop_may_contain_only_the_largest_face(fast: Detector) -> None:
    crop, faces = cropped(group(), options(crop_faces="largest", crop_padding=0), fast)
    largest = max((face.box for face in faces), key=lambda box: box.width * box.height)
    assert crop.shape[:2] == pytest.approx((largest.height, largest.width), abs=2)


@cache
def searched(make: Callable[[], Picture], detector: Detector) -> tuple[Picture, tuple[Face, ...]]:
    picture = make()
    return picture, faces_in(picture, detector)


@pytest.mark.parametrize("faces", CropFaces)
@pytest.mark.parametrize("aspect", [aspect for aspect in CropAspect if aspect.ratio])
@pytest.mark.parametrize("padding", [0, 0.5, 5])
@pytest.mark.parametrize("make", [astronaut, group, lambda: rotated(astronaut(), 180), lambda: astronaut()[75:, 200:]])
def test_the_aspect_ratio_is_kept_wherever_the_faces_are(
    make: Callable[[], Picture], aspect: CropAspect, padding: float, faces: CropFaces, fast: Detector
) -> None:
    picture, found = searched(make, fast)
    chosen = options(crop_aspect=aspect, crop_padding=padding, crop_faces=faces)
    crop = drawing_of(Render.CROP)(picture, found, chosen)
    height, width = crop.shape[:2]
    assert aspect.ratio
    assert width == pytest.approx(height * aspect.ratio, abs=2 + aspect.ratio)
    assert height <= picture.shape[0]
    assert width <= picture.shape[1]


@pytest.mark.parametrize(("aspect", "size"), [("free", (300, 400)), ("1:1", (300, 300)), ("16:9", (225, 400))])
def test_without_a_face_the_crop_is_the_middle_of_the_photo(aspect: str, size: tuple[int, int]) -> None:
    crop = drawing_of(Render.CROP)(GREY, (), options(crop_aspect=aspect))
    assert crop.shape[:2] == size


def test_a_crop_on_demand_uses_the_options_of_the_job(fast: Detector) -> None:
    photo = uncompressed(group())
    chosen = options(render=("crop", "boxes"), crop_aspect="1:1")
    done = analyse(photo, chosen, fast)
    assert redrawn(photo, chosen, done.faces, Render.CROP, fast) == done.results[Render.CROP]


def test_a_preview_of_a_crop_keeps_its_aspect_ratio(fast: Detector) -> None:
    photo = encoded(resized(astronaut(), 1_600, 1_600))
    done = analyse(photo, Options(render=(Render.CROP, Render.PREVIEW), size=Size.FIT), fast)
    height, width = pixels_of(done.results[Render.PREVIEW]).shape[:2]
    whole = pixels_of(done.results[Render.CROP]).shape
    assert width / height == pytest.approx(whole[1] / whole[0], abs=0.05)


def test_the_render_none_draws_nothing(fast: Detector) -> None:
    done = analyse(encoded(astronaut()), Options(render=(Render.NONE,)), fast)
    assert len(done.faces) == 1
    assert done.results == {}
