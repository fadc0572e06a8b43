"""Where several networks, or several scales of an image shown to one, find a face: one box, one score.

Weighted boxes fusion, Solovyev, Wang and Gabruseva, "Weighted boxes fusion: Ensembling boxes from different object
detection models", https://arxiv.org/abs/1910.13302, with one difference: scales of the same network are not
independent, so that a network has one vote, its best.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face_detector.detection.detections import Detections

# Boxes of two lists that overlap by more than this (intersection over union) are the same face.
_SAME_FACE_IOU: Final = 0.5
# Of what is fused the rest still overlaps where a network placed a box badly.
_IOU_THRESHOLD: Final = 0.4
# Bounds the comparisons, which grow with the square; an answer has at most a thousand faces (limits.MAX_FACES).
_TOP_K: Final = 1_000


@dataclass(frozen=True)
class Vote:
    """What one network, counted from 0, found in one scale of the image; all votes in pixels of the same image."""

    network: int
    detections: Detections


def fuse(votes: Sequence[Vote], networks: int) -> Detections:
    """Join the votes of this many networks; by descending score.

    A face's score is the mean over the networks of the best score that each gave it, 0 from one that did not find it.
    Its box is the mean weighted by score of all that found it, its landmarks that of the first network that did.
    """
    capped = [vote.detections.best(_TOP_K) for vote in votes]
    everything = Detections.concatenated(capped)
    of_network = np.concatenate([np.full(len(part), vote.network) for vote, part in zip(votes, capped, strict=True)])
    of_vote = np.concatenate([np.full(len(part), index) for index, part in enumerate(capped)])
    groups = list(_same_faces(everything, of_vote))
    if not groups:
        return everything
    scores = [_mean_of_best(everything.scores[group], of_network[group], networks) for group in groups]
    return Detections(
        boxes=np.array([_weighted(everything.boxes[group], everything.scores[group]) for group in groups]),
        scores=np.array(scores, np.float32),
        landmarks=np.array([_landmarks(everything.filtered(group), of_network[group]) for group in groups]),
    ).non_max_suppression(_IOU_THRESHOLD)


def _same_faces(detections: Detections, of_vote: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    """Yield indices of the detections of one face, the best first: at most one of each vote."""
    order = np.argsort(-detections.scores, kind="stable")
    corners = np.concatenate([detections.boxes[:, :2], detections.boxes[:, :2] + detections.boxes[:, 2:]], axis=1)
    is_free = np.ones(len(detections), np.bool_)
    for best in order:
        if not is_free[best]:
            continue
        candidates = order[is_free[order] & (_overlaps(corners[best], corners[order]) > _SAME_FACE_IOU)]
        # A box that turned out empty overlaps nothing, not even itself.
        group = np.append(best, candidates[candidates != best])
        # np.unique names where each vote stands first, and the order is by descending score.
        group = group[np.sort(np.unique(of_vote[group], return_index=True)[1])]
        is_free[group] = False
        yield group


def _overlaps(one: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Intersection over union of left, top, right, bottom (4,) with (n, 4)."""
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
