"""Average precision and recall, as WIDER FACE and PASCAL VOC measure them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.detectors.truth import Boxes

Found = npt.NDArray[np.float64]


def overlaps(found: Found, truth: Boxes) -> npt.NDArray[np.float64]:
    """Intersection over union of (n, 4+) with (m, 4) boxes: (n, m)."""
    a, b = found[:, None, :4], truth[None, :, :4]
    sides = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    both = np.clip(sides, 0, None).prod(axis=2)
    return np.asarray(both / (a[..., 2:].prod(axis=2) + b[..., 2:].prod(axis=2) - both + 1e-9))


def judge(found: Found, truth: Boxes, ignored: Boxes, least: float) -> tuple[Found, npt.NDArray[np.bool_]]:
    """Match finds to faces, the surest first; return (score, right) rows and which faces were found."""
    seen = np.zeros(len(truth), bool)
    rows = []
    found = found[np.argsort(-found[:, 4], kind="stable")]
    matches, beside = overlaps(found, truth), overlaps(found, ignored)
    for index, row in enumerate(found):
        free = np.where(seen, 0, matches[index])
        best = int(free.argmax()) if len(free) else -1
        right = best >= 0 and free[best] >= least
        if right:
            seen[best] = True
        elif beside[index].size and beside[index].max() >= least:
            continue
        rows.append([row[4], float(right)])
    return np.array(rows, np.float64).reshape(-1, 2), seen


def average_precision(judged: Sequence[Found], faces: int) -> float:
    """Area under the precision-recall curve, precision made monotonous, over all images together."""
    rows = np.concatenate([*judged, np.empty((0, 2))])
    right = rows[np.argsort(-rows[:, 0], kind="stable"), 1].cumsum()
    recall = right / max(faces, 1)
    precision = np.maximum.accumulate((right / np.arange(1, len(right) + 1))[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * precision).sum())
