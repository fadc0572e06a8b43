import numpy as np
import numpy.typing as npt
import pytest
from face_detector.detection.detections import Detections
from face_detector.detection.networks.centerface import CenterFace, decode
from face_detector.imaging.pixels import Pixels, as_pixels
from face_models import CENTERFACE

from tests.support.pictures import astronaut, resized

WIDTHS = [160, 128, 96, 120, 256, 100, 33, 192, 160, 160]
HEIGHTS = [120, 128, 96, 160, 192, 50, 65, 256, 64, 120]


def small() -> Pixels:
    return as_pixels(resized(astronaut(), 256, 256)[..., ::-1].copy())


def same(one: Detections, other: Detections) -> bool:
    pairs = [(one.boxes, other.boxes), (one.scores, other.scores), (one.landmarks, other.landmarks)]
    return all(np.allclose(a, b, rtol=1e-3, atol=1e-2) for a, b in pairs)


def test_a_reused_network_gives_the_same_results_as_a_fresh_one_for_ten_shapes() -> None:
    """OpenCV's classic engine fails this test: it returns garbage for this model once the input shape changes."""
    reused = CenterFace(CENTERFACE.path)
    for width, height in zip(WIDTHS, HEIGHTS, strict=True):
        pixels = resized(astronaut(), width, height)[..., ::-1].copy()
        fresh = CenterFace(CENTERFACE.path).infer(pixels, 0.1)
        assert same(reused.infer(pixels, 0.1), fresh), (width, height)


def test_a_reloaded_network_gives_the_same_results() -> None:
    network = CenterFace(CENTERFACE.path)
    pixels = small()
    before = network.infer(pixels, 0.35)
    network.reload()
    assert same(network.infer(pixels, 0.35), before)


def test_the_input_of_the_network_is_bgr() -> None:
    network = CenterFace(CENTERFACE.path)
    (score,) = network.infer(small(), 0.35).scores
    assert score > 0.9


def maps(count: int) -> npt.NDArray[np.float32]:
    return np.zeros((count, 8, 12), np.float32)


def test_a_peak_becomes_a_box_with_landmarks() -> None:
    heatmap, scale, offset, landmarks = maps(1)[0], maps(2), maps(2), maps(10)
    heatmap[5, 7] = 0.8
    scale[:, 5, 7] = np.log([10, 6])  # height, width, in steps of 4 px
    offset[:, 5, 7] = [0.25, -0.5]  # y, x
    landmarks[:, 5, 7] = [0.4, 0.3, 0.4, 0.7, 0.6, 0.5, 0.8, 0.35, 0.8, 0.65]  # y, x pairs
    one = decode(heatmap, scale, offset, landmarks, 0.5)
    left, top = (7 - 0.5 + 0.5) * 4 - 12, (5 + 0.25 + 0.5) * 4 - 20
    assert one.boxes == pytest.approx(np.array([[left, top, 24, 40]]))
    assert one.scores == pytest.approx([0.8])
    assert one.landmarks[0, 0] == pytest.approx([left + 0.3 * 24, top + 0.4 * 40])
    assert one.landmarks[0, 4] == pytest.approx([left + 0.65 * 24, top + 0.8 * 40])


def test_a_heatmap_below_the_threshold_has_no_detections() -> None:
    assert len(decode(maps(1)[0], maps(2), maps(2), maps(10), 0.1)) == 0
