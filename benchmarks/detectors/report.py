"""Formats measurements as tables and as a chart."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from face_models import BEST, MODELS

from benchmarks.chart import Axis, Mark, Panel, Series, svg
from benchmarks.detectors.score import Detections, average_precision, match
from benchmarks.detectors.truth import Boxes, Sample

# WIDER FACE lists the faces of its easy, medium and hard subsets. These heights separate the subsets roughly.
_MIN_HEIGHTS: Final = (50, 30, 10)
_CLASSES: Final = ((0, 16), (16, 32), (32, 96), (96, 10_000))
_STAGES: Final = ("decode", "detect", "render", "encode")
_OURS: Final = (BEST, *MODELS)


@dataclass
class Measured:
    """The responses of one detector with a certain number of threads, in the order of the images."""

    name: str
    version: str
    threads: int
    detections: list[Detections] = field(default_factory=list)
    timings_ms: list[dict[str, float]] = field(default_factory=list)
    photo_ms: list[float] = field(default_factory=list)
    peak_mib: int = 0

    def add(self, response: dict[str, Any]) -> None:
        self.detections.append(Detections.of(response["boxes"], response["scores"]))
        self.timings_ms.append(response["timings_ms"])
        self.peak_mib = response["peak_mib"]

    @property
    def is_ours(self) -> bool:
        return self.name.startswith(_OURS)

    def milliseconds(self, stage: str, percent: float = 50) -> float:
        return float(np.percentile([timings.get(stage, 0.0) for timings in self.timings_ms], percent))


def precision(measured: Measured, samples: Sequence[Sample], iou_threshold: float, min_height: float) -> float:
    """Return the AP of faces of at least this height; as in WIDER FACE, smaller ones do not count."""
    matches, faces = [], 0
    for detections, sample in zip(measured.detections, samples, strict=True):
        is_tall = sample.faces[:, 3] >= min_height
        ignored: Boxes = np.concatenate([sample.ignored, sample.faces[~is_tall]])
        matches.append(match(detections, sample.faces[is_tall], ignored, iou_threshold))
        faces += int(is_tall.sum())
    return average_precision(matches, faces)


def recalls(measured: Measured, samples: Sequence[Sample], iou_threshold: float) -> list[str]:
    """Return the recall for each class of heights."""
    heights = np.concatenate([sample.faces[:, 3] for sample in samples])
    is_detected = np.concatenate(
        [
            match(detections, sample.faces, sample.ignored, iou_threshold).is_detected
            for detections, sample in zip(measured.detections, samples, strict=True)
        ]
    )
    classes = [(heights >= low) & (heights < high) for low, high in _CLASSES]
    return [f"{is_detected[chosen].mean():.2f}" if chosen.any() else "-" for chosen in classes]


def markdown(measured: Sequence[Measured], samples: Sequence[Sample], iou_threshold: float, command: str) -> str:
    lines = [
        f"`{command}`",
        "",
        _circumstances(samples, iou_threshold),
        "",
        # Accuracy requires ground truth.
        *([*_table(_accuracy(measured, samples, iou_threshold)), ""] if any(len(one.faces) for one in samples) else []),
        *_table(_times(measured)),
    ]
    return "\n".join(lines) + "\n"


def _circumstances(samples: Sequence[Sample], iou_threshold: float) -> str:
    count = sum(len(sample.faces) for sample in samples)
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    return f"{len(samples)} images, {count:,} faces, IoU {iou_threshold:g}, {machine}."


def _accuracy(measured: Sequence[Measured], samples: Sequence[Sample], iou_threshold: float) -> list[list[str]]:
    classes = [f"recall {low} to {high} px" if high < 10_000 else f"recall from {low} px" for low, high in _CLASSES]
    rows = [["detector", "library", *(f"AP from {height} px" for height in _MIN_HEIGHTS), *classes]]
    for one in measured:
        if one.threads == measured[0].threads:
            values = [f"{precision(one, samples, iou_threshold, height):.3f}" for height in _MIN_HEIGHTS]
            rows.append([one.name, one.version, *values, *recalls(one, samples, iou_threshold)])
    return rows


def _times(measured: Sequence[Measured]) -> list[list[str]]:
    stages = [f"{stage} ms p50 / p95" for stage in _STAGES]
    rows = [["detector", "threads", *stages, "12 MP JPEG to result ms p50", "peak MiB"]]
    for one in measured:
        cells = [f"{one.milliseconds(stage):.1f} / {one.milliseconds(stage, 95):.1f}" for stage in _STAGES]
        if not one.is_ours:
            cells = [cell if stage == "detect" else "-" for stage, cell in zip(_STAGES, cells, strict=True)]
        photo = f"{np.median(one.photo_ms):.0f}" if one.photo_ms else "-"
        rows.append([one.name, str(one.threads), *cells, photo, str(one.peak_mib)])
    return rows


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = rows
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body]]


def save_chart(measured: Sequence[Measured], samples: Sequence[Sample], iou_threshold: float, target: Path) -> None:
    """Draw the AP of all faces against the milliseconds of a detection."""
    shown = [one for one in measured if one.threads == measured[0].threads]
    points = [(one.milliseconds("detect"), precision(one, samples, iou_threshold, _MIN_HEIGHTS[-1])) for one in shown]
    series = [
        Series(one.name, [point], Mark.DOT if one.is_ours else Mark.CROSS, colour)
        for colour, (one, point) in enumerate(zip(shown, points, strict=True))
    ]
    x = Axis.log(f"milliseconds per image, p50, {measured[0].threads} thread", [x for x, _ in points])
    y = Axis.linear(f"AP, faces from {_MIN_HEIGHTS[-1]} px", [0, 1], 0.2)
    target.write_text(svg([Panel("", x, y, series)]))
