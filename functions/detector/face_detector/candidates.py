"""What a network proposes, before it becomes faces."""

from typing import Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

# (n, 15) float32, a row each: left, top, width, height, confidence, then x, y of left eye, right eye, nose,
# left and right corner of the mouth, all in pixels of the image that was looked at.
Candidates = npt.NDArray[np.float32]

COLUMNS: Final = 15
CONFIDENCE: Final = 4
# More proposals than this only appear at thresholds near 0, and would make the suppression quadratic in them.
_MOST: Final = 5_000


class Network(Protocol):
    """One model, loaded."""

    # The confidence from which a face is one for the answer, and the lower one from which blur and pixelate hide it:
    # a false blur costs little, a missed face much.
    threshold: float
    redact_threshold: float

    def propose(self, pixels: npt.NDArray[np.uint8], threshold: float) -> Candidates:
        """Look once at (height, width, 3) uint8 BGR pixels as they are, without scaling them."""
        ...

    def release(self) -> None:
        """Give back the memory kept from the largest image so far; the next one pays for the loading again."""
        ...


def none() -> Candidates:
    return np.empty((0, COLUMNS), np.float32)


def suppress(candidates: Candidates, overlap: float) -> Candidates:
    """Keep the surest of those that overlap by more than this (intersection over union), the surest first."""
    if not len(candidates):
        return candidates
    boxes, scores = candidates[:, :4], candidates[:, CONFIDENCE]
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, overlap, top_k=_MOST)
    return candidates[np.asarray(kept, np.intp).reshape(-1)]
