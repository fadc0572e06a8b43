"""Average precision and recall, as defined by WIDER FACE and PASCAL VOC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from benchmarks.detectors.truth import Boxes


@dataclass(frozen=True)
class Detections:
    """The detections in one image: (n, 4) boxes and (n,) scores."""

    boxes: Boxes
    scores: npt.NDArray[np.float64]

    @classmethod
    def of(cls, boxes: list[list[float]], scores: list[float]) -> Self:
        return cls(np.array(boxes, np.float64).reshape(-1, 4), np.array(scores, np.float64))


@dataclass(frozen=True)
class Matches:
    """The counted detections of one image, best first: whether each is correct, and which faces are detected."""

    scores: npt.NDArray[np.float64]
    is_right: npt.NDArray[np.bool_]
    is_detected: npt.NDArray[np.bool_]


def iou(boxes: Boxes, truth: Boxes) -> npt.NDArray[np.float64]:
    """Return the (n, m) matrix of the intersection over union of every box with every true box."""
    a, b = boxes[:, None], truth[None]
    sides = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    both = np.clip(sides, 0, None).prod(axis=2)
    return np.asarray(both / (a[..., 2:].prod(axis=2) + b[..., 2:].prod(axis=2) - both + 1e-9))


def match(detections: Detections, truth: Boxes, ignored: Boxes, iou_threshold: float) -> Matches:
    """Assign detections to faces greedily by descending score; those on ignored boxes do not count."""
    is_detected = np.zeros(len(truth), np.bool_)
    scores, is_right = [], []
    with_faces, with_ignored = iou(detections.boxes, truth), iou(detections.boxes, ignored)
    for index in np.argsort(-detections.scores, kind="stable"):
        free = np.where(is_detected, 0, with_faces[index])
        best = int(free.argmax()) if len(free) else -1
        right = best >= 0 and bool(free[best] >= iou_threshold)
        if right:
            is_detected[best] = True
        elif with_ignored[index].max(initial=0) >= iou_threshold:
            continue
        scores.append(detections.scores[index])
        is_right.append(right)
    return Matches(np.array(scores, np.float64), np.array(is_right, np.bool_), is_detected)


def average_precision(matches: Sequence[Matches], faces: int) -> float:
    """Return the area under the precision-recall curve of all images, with precision made monotonic."""
    scores = np.concatenate([one.scores for one in matches])
    right = np.concatenate([one.is_right for one in matches])[np.argsort(-scores, kind="stable")].cumsum()
    recall = right / max(faces, 1)
    precision = np.maximum.accumulate((right / np.arange(1, len(right) + 1))[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * precision).sum())
