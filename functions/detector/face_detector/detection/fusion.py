"""Weighted boxes fusion of the detections of several networks and scales.

Solovyev, Wang and Gabruseva, "Weighted boxes fusion: Ensembling boxes from different object detection models",
https://arxiv.org/abs/1910.13302, with one difference: the scales of one network are not independent, so each network
votes once, with its best score.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face_detector.detection.detections import Detections

# Boxes of two votes with a higher IoU are the same face.
_SAME_FACE_IOU: Final = 0.5
# Suppresses duplicates that remain where a network localised a face badly.
_IOU_THRESHOLD: Final = 0.4
# Bounds the quadratic number of comparisons; a job reports at most 1,000 faces (limits.MAX_FACES).
_TOP_K: Final = 1_000


@dataclass(frozen=True)
class Vote:
    """The detections of one network (by index) in one scale, in pixels of the image."""

    network: int
    detections: Detections


def fuse(votes: Sequence[Vote], networks: int) -> Detections:
    """Fuse the votes of this many networks; by descending score.

    A face's score is the mean over the networks of the best score each gave it, 0 for a network that missed it. Its box
    is the mean of all boxes weighted by score, its landmarks the same mean over the first network that detected it.
    """
    top = [vote.detections.top_k(_TOP_K) for vote in votes]
    candidates = Detections.concatenated(top)
    of_network = np.concatenate([np.full(len(part), vote.network) for vote, part in zip(votes, top, strict=True)])
    of_vote = np.concatenate([np.full(len(part), index) for index, part in enumerate(top)])
    groups = list(_same_faces(candidates, of_vote))
    if not groups:
        return candidates
    scores = [_mean_of_best(candidates.scores[group], of_network[group], networks) for group in groups]
    return Detections(
        boxes=np.array([_weighted(candidates.boxes[group], candidates.scores[group]) for group in groups]),
        scores=np.array(scores, np.float32),
        landmarks=np.array([_landmarks(candidates.filtered(group), of_network[group]) for group in groups]),
    ).non_max_suppression(_IOU_THRESHOLD)


def _same_faces(detections: Detections, of_vote: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the indices of each face's detections by descending score, at most one per vote."""
    order = np.argsort(-detections.scores, kind="stable")
    corners = np.concatenate([detections.boxes[:, :2], detections.boxes[:, :2] + detections.boxes[:, 2:]], axis=1)
    is_free = np.ones(len(detections), np.bool_)
    for best in order:
        if not is_free[best]:
            continue
        matches = order[is_free[order] & (_iou(corners[best], corners[order]) > _SAME_FACE_IOU)]
        # An empty box overlaps nothing, not even itself.
        group = np.append(best, matches[matches != best])
        # np.unique returns the first index of each vote, which is its best one: the order is by descending score.
        group = group[np.sort(np.unique(of_vote[group], return_index=True)[1])]
        is_free[group] = False
        yield group


def _iou(one: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (n,) intersections over union of a box (4,) with (n, 4), all left, top, right, bottom."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    intersection = np.prod(np.maximum(sides, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = np.prod(one[2:] - one[:2]) + areas - intersection
    ratios = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return np.asarray(ratios, np.float32)


def _mean_of_best(scores: npt.NDArray[np.float32], of_network: npt.NDArray[np.intp], networks: int) -> float:
    best = np.zeros(networks)
    np.maximum.at(best, of_network, scores)
    return float(best.mean())


def _landmarks(detections: Detections, of_network: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    first = of_network == of_network.min()
    return _weighted(detections.landmarks[first], detections.scores[first])


def _weighted(values: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.tensordot(scores / scores.sum(), values, axes=1), np.float32)
