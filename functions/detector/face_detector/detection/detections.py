"""The output of a network, before it becomes the faces of a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
import numpy.typing as npt

# Limits the quadratic cost of suppression; only thresholds near 0 produce more detections.
_TOP_K: Final = 5_000


@dataclass(frozen=True)
class Detections:
    """n faces, in pixels of one image.

    Boxes are (n, 4) float32: left, top, width, height. Scores are (n,) float32, 0 to 1. Landmarks are
    (n, 5, 2) float32: x and y of the left eye, the right eye, the nose, the left and the right corner of the mouth.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]

    @classmethod
    def none(cls) -> Self:
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))

    @classmethod
    def concatenated(cls, parts: Sequence["Detections"]) -> Self:
        """Concatenate one or more sets of detections."""
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.landmarks for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def sizes(self) -> npt.NDArray[np.float32]:
        """The (n,) square roots of the box areas, in pixels."""
        return np.asarray(np.sqrt(np.maximum(self.boxes[:, 2] * self.boxes[:, 3], 0)), np.float32)

    def scaled(self, x: float, y: float) -> "Detections":
        factors = np.array([x, y], np.float32)
        return Detections(self.boxes * np.tile(factors, 2), self.scores, self.landmarks * factors)

    def translated(self, x: float, y: float) -> "Detections":
        offset = np.array([x, y], np.float32)
        return Detections(self.boxes + np.append(offset, np.zeros(2, np.float32)), self.scores, self.landmarks + offset)

    def filtered(self, selection: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Detections":
        """Select detections by a mask of shape (n,), or by indices; the result is in the order of the indices."""
        return Detections(self.boxes[selection], self.scores[selection], self.landmarks[selection])

    def calibrated(self, shift: float) -> "Detections":
        """Shift the scores on the logit scale, ln(p / (1 - p)); this is Platt scaling with a slope of 1."""
        odds = np.exp(shift) * self.scores
        return Detections(self.boxes, np.asarray(odds / (odds + 1 - self.scores), np.float32), self.landmarks)

    def top_k(self, count: int) -> "Detections":
        """Return the `count` detections with the highest scores, in descending order."""
        return self.filtered(np.argsort(-self.scores, kind="stable")[:count])

    def non_max_suppression(self, iou_threshold: float) -> "Detections":
        """Suppress boxes whose IoU with a better box exceeds the threshold; return the rest by descending score."""
        if not len(self):
            return self
        indices = cv2.dnn.NMSBoxes(self.boxes.tolist(), self.scores.tolist(), 0.0, iou_threshold, top_k=_TOP_K)
        return self.filtered(np.asarray(indices, np.intp).reshape(-1))
