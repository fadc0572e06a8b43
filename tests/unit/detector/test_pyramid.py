import numpy as np
import pytest
from face_detector.detection.detections import Detections
from face_detector.detection.ensemble import passes_of
from face_detector.detection.networks import definition_of
from face_detector.detection.pyramid import Pyramid, Tile, best_scales, tiles
from face_models import CENTERFACE, MODELS, YUNET, Model
from facelib.domain.job import Quality

from tests.support.detector import detections


def alone(quality: Quality) -> Pyramid:
    return definition_of(CENTERFACE).alone.reporting[quality]


@pytest.mark.parametrize(
    ("quality", "longest", "centerface", "yunet"),
    [
        (Quality.FAST, 512, [384], [768, 448]),
        (Quality.FAST, 4000, [384], [1024, 448]),
        (Quality.BALANCED, 512, [480], [1024, 448]),
        (Quality.BALANCED, 4000, [640], [1024, 448]),
        (Quality.THOROUGH, 1024, [2560, 1024, 384], [1024, 512]),
    ],
)
def test_small_faces_are_left_to_yunet(quality: Quality, longest: int, centerface: list[int], yunet: list[int]) -> None:
    assert definition_of(CENTERFACE).in_ensemble.reporting[quality].sizes(longest) == centerface
    assert definition_of(YUNET).in_ensemble.reporting[quality].sizes(longest) == yunet


@pytest.mark.parametrize(
    ("quality", "longest", "sizes"),
    [
        (Quality.FAST, 4000, [640]),
        (Quality.FAST, 300, [300]),
        (Quality.BALANCED, 4000, [1024, 320]),
        (Quality.BALANCED, 600, [1024, 320]),
        (Quality.BALANCED, 300, [600, 320]),
        (Quality.BALANCED, 100, [200]),
        (Quality.BALANCED, 1, [2]),
        (Quality.THOROUGH, 1024, [2560, 1024, 512]),
        (Quality.THOROUGH, 4000, [4000, 1024, 512]),
        (Quality.THOROUGH, 9000, [4096, 1024, 512]),
        (Quality.THOROUGH, 500, [1250, 512]),
    ],
)
def test_sizes_depend_on_the_image(quality: Quality, longest: int, sizes: list[int]) -> None:
    assert alone(quality).sizes(longest) == sizes


@pytest.mark.parametrize("quality", [Quality.FAST, Quality.BALANCED])
@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_a_small_photo_costs_no_more_than_a_large_one(model: Model, quality: Quality) -> None:
    definition = definition_of(model)
    for scales in (definition.alone, definition.in_ensemble):
        (passes,) = passes_of([scales], quality)
        small, large = ([pyramid.sizes(longest) for pyramid in passes] for longest in (500, 4000))
        assert all(len(few) <= len(many) for few, many in zip(small, large, strict=True))
        assert all(sum(few) <= sum(many) for few, many in zip(small, large, strict=True))


def finest(quality: Quality, width: int, height: int) -> list[Tile]:
    """Return the tiles of CenterFace's finest scale for a black image of this size."""
    return list(tiles(black(width, height), alone(quality).sizes(max(width, height))[0]))


def black(width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 200), (1200, 2000), (64, 64)])
def test_tiles_cover_the_whole_image_and_do_not_exceed_the_size_of_a_tile(size: tuple[int, int]) -> None:
    parts = finest(Quality.THOROUGH, *size)
    covered = np.zeros((parts[0].height, parts[0].width), bool)
    for tile in parts:
        rows, columns = tile.pixels.shape[:2]
        assert max(rows, columns) <= 1024
        covered[tile.top : tile.top + rows, tile.left : tile.left + columns] = True
    assert covered.all()


def test_tiles_overlap_no_more_than_a_face_needs() -> None:
    parts = finest(Quality.THOROUGH, 2560, 1920)
    # Nine tiles of 1,024 x 1,024 pixels would have 39% more pixels in total.
    assert {tile.pixels.shape[:2] for tile in parts} <= {(768, 982), (768, 981)}
    assert sorted({tile.top for tile in parts}) == [0, 576, 1152]


def test_every_small_face_lies_within_a_tile_and_maps_back() -> None:
    parts = finest(Quality.THOROUGH, 2560, 1920)
    for x, y in [(0, 0), (930, 900), (1000, 1000), (2400, 1800), (1500, 20)]:
        detected = []
        for tile in parts:
            # Clip the face to the tile.
            rows, columns = tile.pixels.shape[:2]
            left, top = max(x - tile.left, 0), max(y - tile.top, 0)
            right, bottom = min(x - tile.left + 120, columns), min(y - tile.top + 120, rows)
            if right > left and bottom > top:
                detected.append(tile.to_scale(tile.filter(detections((left, top, right - left, bottom - top, 0.9)))))
        joined = Detections.concatenated(detected)
        assert len(joined) >= 1
        assert np.allclose(joined.boxes, [x, y, 120, 120])


def test_small_faces_are_taken_from_the_finest_scale() -> None:
    found = detections((50, 50, 60, 70, 0.9), (300, 300, 300, 300, 0.9))
    # The boxes are in pixels of a 1,024 px image; at 192 px, the first face is only about 12 px wide.
    scales = best_scales({192: found, 1024: found}, 1024)
    assert len(scales[1024]) == 2
    assert scales[192].boxes.tolist() == [[300, 300, 300, 300]]


def test_detections_outside_the_image_are_dropped() -> None:
    (tile,) = finest(Quality.FAST, 70, 70)
    assert len(tile.filter(detections((60, 60, 40, 40, 0.9)))) == 0
    assert len(tile.filter(detections((40, 40, 40, 40, 0.9)))) == 1
