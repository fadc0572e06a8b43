import numpy as np
import pytest
from face_detector.detection.detections import Detections
from face_detector.detection.fusion import Vote, fuse

from tests.support.detector import detections

ROOMY = (0, 0, 100, 100)
SHIFTED = (10, 0, 100, 100)
ELSEWHERE = (500, 500, 40, 40)


def test_the_scores_of_two_networks_that_agree_are_averaged() -> None:
    fused = fuse([Vote(0, detections((*ROOMY, 0.9))), Vote(1, detections((*SHIFTED, 0.3)))], networks=2)
    assert fused.scores == pytest.approx([0.6])
    assert fused.boxes == pytest.approx(np.array([[2.5, 0, 100, 100]])), "the boxes are weighted by score"
    assert fused.landmarks[0] == pytest.approx(np.full((5, 2), [50, 50])), (
        "the landmarks are those of the first network"
    )


def test_a_face_that_only_one_network_finds_counts_half() -> None:
    fused = fuse([Vote(0, detections((*ROOMY, 0.9), (*ELSEWHERE, 0.5))), Vote(1, detections((*ROOMY, 0.7)))], 2)
    assert fused.scores == pytest.approx([0.8, 0.25])


def test_the_scales_of_one_network_have_one_vote() -> None:
    fused = fuse([Vote(0, detections((*ROOMY, 0.9))), Vote(0, detections((*SHIFTED, 0.4)))], networks=1)
    assert fused.scores == pytest.approx([0.9])
    assert 0 < fused.boxes[0, 0] < 5
    assert 50 < fused.landmarks[0, 0, 0] < 55


def test_the_position_of_a_face_is_weighted_by_its_size_in_each_scale() -> None:
    coarse = Vote(0, detections((*SHIFTED, 0.5)), scale=0.06)
    fine = Vote(1, detections((*ROOMY, 0.5)), scale=0.24)
    # The boxes are 6 px and 24 px wide, so their weights are 0.25 and 1.
    assert fuse([coarse, fine], 2).boxes == pytest.approx(np.array([[2, 0, 100, 100]]))
    finer = Vote(1, detections((*ROOMY, 0.5)), scale=2)
    assert fuse([coarse, finer], 2).boxes == pytest.approx(np.array([[2, 0, 100, 100]])), (
        "the weight does not increase above 24 px"
    )


def test_a_vote_contains_one_box_per_face() -> None:
    near = detections((*ROOMY, 0.9), (*SHIFTED, 0.8))
    fused = fuse([Vote(0, near)], networks=1)
    # Both are in the same list, so they are not averaged; the overlapping one is suppressed.
    assert fused.boxes == pytest.approx(np.array([ROOMY]))


def test_a_single_list_is_unchanged() -> None:
    only = detections((*ROOMY, 0.9), (*ELSEWHERE, 0.2))
    fused = fuse([Vote(0, only)], networks=1)
    assert fused.boxes == pytest.approx(only.boxes)
    assert fused.scores == pytest.approx(only.scores)


def test_without_detections_there_are_no_faces() -> None:
    assert len(fuse([Vote(0, Detections.none()), Vote(1, Detections.none())], networks=2)) == 0


def test_empty_boxes_do_not_cause_an_error() -> None:
    assert len(fuse([Vote(0, detections((5, 5, 0, 0, 0.9), (5, 5, 0, 0, 0.8)))], networks=1)) <= 2


def test_thousands_of_detections_are_limited_and_sorted_by_score() -> None:
    rng = np.random.default_rng(1)
    boxes = rng.uniform(0, 1_000, (20_000, 4)).astype(np.float32)
    many = Detections(boxes, rng.uniform(0, 1, 20_000).astype(np.float32), np.zeros((20_000, 5, 2), np.float32))
    fused = fuse([Vote(0, many), Vote(1, many)], networks=2)
    assert 0 < len(fused) <= 2_000
    assert (np.diff(fused.scores) <= 0).all()


def test_calibration_shifts_logits_and_keeps_zero_and_one() -> None:
    moved = detections((*ROOMY, 0.0), (*ROOMY, 0.5), (*ROOMY, 1.0)).calibrated(-1.0)
    assert moved.scores == pytest.approx([0.0, 1 / (1 + np.e), 1.0])
