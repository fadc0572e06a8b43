"""What was measured, as tables and as a chart."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.detectors.score import Found, average_precision, judge
from benchmarks.detectors.truth import Boxes, Sample

# WIDER FACE's easy, medium and hard are about these heights; its own lists say exactly which faces they mean.
_LEAST_HEIGHTS: Final = (50, 30, 10)
_CLASSES: Final = ((0, 16), (16, 32), (32, 96), (96, 10_000))
_STAGES: Final = ("decode", "detect", "render", "encode")
_OURS: Final = ("best", "centerface", "yunet")


@dataclass
class Measured:
    """One detector with one number of threads: its answer to each image."""

    name: str
    version: str
    threads: int
    boxes: list[Found] = field(default_factory=list)
    timings_ms: list[dict[str, float]] = field(default_factory=list)
    photo_ms: list[float] = field(default_factory=list)
    peak_mib: int = 0

    def add(self, answer: dict[str, Any]) -> None:
        self.boxes.append(np.array(answer["boxes"], np.float64).reshape(-1, 5))
        self.timings_ms.append(answer["timings_ms"])
        self.peak_mib = answer["peak_mib"]

    @property
    def is_ours(self) -> bool:
        return self.name.startswith(_OURS)

    def milliseconds(self, stage: str, percent: float = 50) -> float:
        return float(np.percentile([timings.get(stage, 0.0) for timings in self.timings_ms], percent))


def precision(measured: Measured, samples: Sequence[Sample], least_overlap: float, least_height: float) -> float:
    """AP of the faces at least so tall; smaller ones count neither for nor against, as in WIDER FACE."""
    judged, faces = [], 0
    for found, sample in zip(measured.boxes, samples, strict=True):
        tall = sample.faces[:, 3] >= least_height
        ignored: Boxes = np.concatenate([sample.ignored, sample.faces[~tall]])
        judged.append(judge(found, sample.faces[tall], ignored, least_overlap)[0])
        faces += int(tall.sum())
    return average_precision(judged, faces)


def recalls(measured: Measured, samples: Sequence[Sample], least_overlap: float) -> list[str]:
    """The share of faces found at all, for each class of heights."""
    heights, seen = [], []
    for found, sample in zip(measured.boxes, samples, strict=True):
        heights.append(sample.faces[:, 3])
        seen.append(judge(found, sample.faces, sample.ignored, least_overlap)[1])
    tall, was_seen = np.concatenate(heights), np.concatenate(seen)
    classes = [(tall >= low) & (tall < high) for low, high in _CLASSES]
    return [f"{was_seen[chosen].mean():.2f}" if chosen.any() else "-" for chosen in classes]


def markdown(measured: Sequence[Measured], samples: Sequence[Sample], least_overlap: float, command: str) -> str:
    lines = [
        f"`{command}`",
        "",
        _circumstances(samples, least_overlap),
        "",
        # Without known faces there is nothing to be right about.
        *([*_table(_accuracy(measured, samples, least_overlap)), ""] if any(len(one.faces) for one in samples) else []),
        *_table(_times(measured)),
    ]
    return "\n".join(lines) + "\n"


def _circumstances(samples: Sequence[Sample], least_overlap: float) -> str:
    count = sum(len(sample.faces) for sample in samples)
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    return f"{len(samples)} images, {count:,} faces, IoU {least_overlap:g}, {machine}."


def _accuracy(measured: Sequence[Measured], samples: Sequence[Sample], least_overlap: float) -> list[list[str]]:
    classes = [f"recall {low} to {high} px" if high < 10_000 else f"recall from {low} px" for low, high in _CLASSES]
    rows = [["detector", "made with", *(f"AP from {height} px" for height in _LEAST_HEIGHTS), *classes]]
    for one in measured:
        if one.threads == measured[0].threads:
            values = [f"{precision(one, samples, least_overlap, height):.3f}" for height in _LEAST_HEIGHTS]
            rows.append([one.name, one.version, *values, *recalls(one, samples, least_overlap)])
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


def save_chart(measured: Sequence[Measured], samples: Sequence[Sample], least_overlap: float, target: Path) -> None:
    """Draw AP of all faces against milliseconds of detection, with one thread."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    # The same drawing gives the same file.
    mpl.rcParams["svg.hashsalt"] = "facecast"
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for one in measured:
        if one.threads == measured[0].threads:
            x, y = one.milliseconds("detect"), precision(one, samples, least_overlap, _LEAST_HEIGHTS[-1])
            axes.plot(x, y, "o" if one.is_ours else "X", markersize=9, label=one.name)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_ylim(0, 1.05)
    axes.set_xlabel(f"milliseconds an image, p50, {measured[0].threads} thread")
    axes.set_ylabel(f"AP, faces from {_LEAST_HEIGHTS[-1]} px")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right center")
    figure.savefig(target, metadata={"Date": None})
