import numpy as np
import pytest
from face_detector.candidates import Candidates
from face_detector.views import PLANS, views
from facelib.job import Quality


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
def test_sizes_follow_the_image(quality: Quality, longest: int, sizes: list[int]) -> None:
    assert PLANS[quality].sizes(longest) == sizes


def black(width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 200), (1200, 2000), (64, 64)])
def test_tiles_cover_the_whole_and_are_never_larger_than_a_tile(size: tuple[int, int]) -> None:
    finest = [view for view in views(black(*size), PLANS[Quality.THOROUGH]) if view.is_finest]
    seen = np.zeros((finest[0].height, finest[0].width), bool)
    for view in finest:
        rows, columns = view.pixels.shape[:2]
        assert max(rows, columns) <= 1024
        seen[view.top : view.top + rows, view.left : view.left + columns] = True
    assert seen.all()


def candidate(x: float, y: float, width: float, height: float) -> Candidates:
    return np.array([[x, y, width, height, 0.9, *[x, y] * 5]], np.float32)


def test_every_small_face_is_kept_by_a_tile_and_comes_back_to_its_place() -> None:
    tiles = [view for view in views(black(2560, 1920), PLANS[Quality.THOROUGH]) if view.is_finest]
    for x, y in [(0, 0), (930, 900), (1000, 1000), (2400, 1800), (1500, 20)]:
        kept = []
        for tile in tiles:
            # What a tile cuts off, its network does not see.
            rows, columns = tile.pixels.shape[:2]
            left, top = max(x - tile.left, 0), max(y - tile.top, 0)
            right, bottom = min(x - tile.left + 120, columns), min(y - tile.top + 120, rows)
            if right > left and bottom > top:
                kept.append(tile.to_image(tile.keep(candidate(left, top, right - left, bottom - top))))
        found = np.concatenate(kept)
        assert len(found) >= 1
        assert np.allclose(found[:, :4], [x, y, 120, 120])


def test_small_faces_are_left_to_the_larger_view() -> None:
    finest, coarse = views(black(1024, 768), PLANS[Quality.BALANCED])
    assert len(finest.keep(candidate(50, 50, 12, 14))) == 1
    assert len(coarse.keep(candidate(50, 50, 12, 14))) == 0
    assert len(coarse.keep(candidate(50, 50, 60, 70))) == 1


def test_proposals_outside_the_image_are_left_out() -> None:
    (view,) = views(black(70, 70), PLANS[Quality.FAST])
    assert len(view.keep(candidate(60, 60, 40, 40))) == 0
    assert len(view.keep(candidate(40, 40, 40, 40))) == 1
