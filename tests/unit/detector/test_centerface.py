import numpy as np
import numpy.typing as npt
import pytest
from face_detector.centerface import CenterFace, decode
from face_models import CENTERFACE

from tests.support.pictures import astronaut, resized

WIDTHS = [640, 512, 320, 480, 1024, 100, 33, 768, 640, 640]
HEIGHTS = [480, 512, 320, 640, 768, 50, 65, 1024, 96, 480]


def test_one_network_finds_in_ten_shapes_what_fresh_ones_find() -> None:
    """OpenCV's classic engine fails this: it gives garbage for this model once the shape changes."""
    reused = CenterFace(CENTERFACE.path)
    for width, height in zip(WIDTHS, HEIGHTS, strict=True):
        pixels = resized(astronaut(), width, height)[..., ::-1].copy()
        fresh = CenterFace(CENTERFACE.path).propose(pixels, 0.1)
        assert np.allclose(reused.propose(pixels, 0.1), fresh, rtol=1e-3, atol=1e-2), (width, height)


def test_a_released_network_finds_the_same_again() -> None:
    network = CenterFace(CENTERFACE.path)
    pixels = astronaut()[..., ::-1].copy()
    before = network.propose(pixels, 0.35)
    network.release()
    assert np.allclose(network.propose(pixels, 0.35), before, atol=1e-3)


def test_it_wants_blue_first() -> None:
    network = CenterFace(CENTERFACE.path)
    (face,) = network.propose(astronaut()[..., ::-1].copy(), 0.35)
    assert face[4] > 0.9


def maps(count: int) -> npt.NDArray[np.float32]:
    return np.zeros((count, 8, 12), np.float32)


def test_a_peak_becomes_a_box_with_landmarks() -> None:
    heatmap, scale, offset, landmarks = maps(1)[0], maps(2), maps(2), maps(10)
    heatmap[5, 7] = 0.8
    scale[:, 5, 7] = np.log([10, 6])  # height, width, in steps of 4 px
    offset[:, 5, 7] = [0.25, -0.5]  # y, x
    landmarks[:, 5, 7] = [0.4, 0.3, 0.4, 0.7, 0.6, 0.5, 0.8, 0.35, 0.8, 0.65]  # y, x pairs
    (row,) = decode(heatmap, scale, offset, landmarks, 0.5)
    left, top = (7 - 0.5 + 0.5) * 4 - 12, (5 + 0.25 + 0.5) * 4 - 20
    assert row[:5] == pytest.approx([left, top, 24, 40, 0.8])
    assert row[5:7] == pytest.approx([left + 0.3 * 24, top + 0.4 * 40])
    assert row[13:15] == pytest.approx([left + 0.65 * 24, top + 0.8 * 40])


def test_nothing_above_the_threshold_is_nothing() -> None:
    assert decode(maps(1)[0], maps(2), maps(2), maps(10), 0.1).shape == (0, 15)
