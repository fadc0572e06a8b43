"""Combines the detections of several networks at several scales by weighted boxes fusion.

Solovyev, Wang and Gabruseva, "Weighted boxes fusion: Ensembling boxes from different object detection models",
https://arxiv.org/abs/1910.13302, with one difference: the scales of one network are not independent, so each network
votes once, with its best score.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from face_detector.detection.detections import Detections

# Boxes from two votes show the same face if their IoU is higher than this.
_SAME_FACE_IOU: Final = 0.5
# Suppresses duplicates that remain if a network localised a face badly.
_IOU_THRESHOLD: Final = 0.4
# Limits the quadratic number of comparisons; a job reports fewer faces (limits.MAX_FACES).
_TOP_K: Final = 1_000
# Boxes of faces smaller than this, in pixels of the scaled image, are less precise and count less.
_PRECISE_FACE_SIDE: Final = 24
# Limits the memory for comparing all boxes.
_ROWS_AT_ONCE: Final = 128
_NO_FACE: Final = -1


@dataclass(frozen=True)
class Vote:
    """The detections of one network at one scale, in pixels of the unscaled image.

    `network` is the network's index; `scale` is the factor by which the image was scaled.
    """

    network: int
    detections: Detections
    scale: float = 1.0

    @property
    def precision(self) -> npt.NDArray[np.float32]:
        """The (n,) weights of the boxes, at most 1; faces that are small in the scaled image have lower weights."""
        return np.asarray(
            np.clip(self.detections.sizes * self.scale, 1, _PRECISE_FACE_SIDE) / _PRECISE_FACE_SIDE, np.float32
        )


def fuse(votes: Sequence[Vote], networks: int) -> Detections:
    """Fuse the votes of this many networks; return the faces, sorted by descending score.

    A face's score is the mean of each network's best score, which is 0 for a network that missed the face. Its box is
    the mean of all its boxes, weighted by score and precision. Its landmarks are averaged in the same way, but only
    those from the first network that detected the face.
    """
    votes = [replace(vote, detections=vote.detections.top_k(_TOP_K)) for vote in votes]
    candidates = Detections.concatenated([vote.detections for vote in votes])
    order = np.argsort(-candidates.scores, kind="stable")
    candidates = candidates.filtered(order)
    lengths = [len(vote.detections) for vote in votes]
    of_network = np.repeat([vote.network for vote in votes], lengths)[order]
    of_vote = np.repeat(np.arange(len(votes)), lengths)[order]
    weights = candidates.scores * np.concatenate([vote.precision for vote in votes])[order]
    if not len(candidates):
        return candidates
    faces = _same_faces(candidates.boxes, of_vote)
    best = np.zeros((faces.max() + 1, networks))
    np.maximum.at(best, (faces, of_network), candidates.scores)
    # The first network is the one with the lowest index among those that detected the face.
    is_of_first = of_network == np.argmax(best > 0, axis=1)[faces]
    return Detections(
        boxes=_weighted(candidates.boxes, weights, faces),
        scores=best.mean(axis=1).astype(np.float32),
        landmarks=_weighted(candidates.landmarks, weights * is_of_first, faces),
    ).non_max_suppression(_IOU_THRESHOLD)


def _same_faces(boxes: npt.NDArray[np.float32], of_vote: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the (n,) index of the face that each box (n, 4) shows, with at most one box per vote for each face.

    The boxes are sorted by descending score. The best remaining box is matched with the best overlapping box of each
    other vote.
    """
    votes = of_vote.tolist()
    faces = [_NO_FACE] * len(votes)
    count = 0
    for best, overlapping in enumerate(_overlapping(boxes)):
        if faces[best] != _NO_FACE:
            continue
        faces[best] = count
        joined = {votes[best]}
        for other in overlapping:
            if faces[other] == _NO_FACE and votes[other] not in joined:
                faces[other] = count
                joined.add(votes[other])
        count += 1
    return np.array(faces, np.intp)


def _overlapping(boxes: npt.NDArray[np.float32]) -> Iterator[list[int]]:
    """For each box, yield the ascending indices of the boxes that overlap it; for speed, compute many rows at once."""
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    for start in range(0, len(corners), _ROWS_AT_ONCE):
        for row in _iou(corners[start : start + _ROWS_AT_ONCE], corners) > _SAME_FACE_IOU:
            yield np.flatnonzero(row).tolist()


def _iou(ones: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the (m, n) intersections over union of m boxes with n boxes, each given as left, top, right, bottom."""
    left, top, right, bottom = ones.T[:, :, None]
    width = np.minimum(right, others[:, 2]) - np.maximum(left, others[:, 0])
    height = np.minimum(bottom, others[:, 3]) - np.maximum(top, others[:, 1])
    intersection = np.maximum(width, 0) * np.maximum(height, 0)
    union = (right - left) * (bottom - top) + np.prod(others[:, 2:] - others[:, :2], axis=1) - intersection
    ratios = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return np.asarray(ratios, np.float32)


def _weighted(
    values: npt.NDArray[np.float32], weights: npt.NDArray[np.float32], faces: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Return, for each face, the weighted mean of its rows in `values`, whose shape is (n, ...)."""
    rows = values.reshape(len(values), -1)
    sums = np.stack([np.bincount(faces, weights * column) for column in rows.T], axis=1)
    means = sums / np.bincount(faces, weights)[:, None]
    return np.asarray(means.reshape(-1, *values.shape[1:]), np.float32)
