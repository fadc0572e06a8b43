"""Measures the savings and the cost of the early exit: `python -m benchmarks.detectors.passes --help`.

Every detector processes each photo in three ways: in one pass with the finest scales, in two passes, and in two passes
with alternative coarse passes. All of them run in one process with one thread. Times are processor times, which
other load on the machine affects less than wall-clock times. With `--found`, the faces are also written to files, for
a scorer that uses WIDER FACE's own lists.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from face_detector.detection.detections import Detections as Found
from face_detector.detection.detector import Detector, load_detector
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels, as_pixels
from face_models import BEST, MODELS
from facelib.domain.job import Quality

from benchmarks.chart import Axis, Mark, Panel, Series, svg
from benchmarks.detectors import truth
from benchmarks.detectors.report import Measured, precision
from benchmarks.detectors.score import Detections
from benchmarks.detectors.truth import Sample
from benchmarks.detectors.worker import MIN_CONFIDENCE
from tests.support.detector import model_files

# A portrait is a photo whose faces are all taller than this share of its long side.
_PORTRAIT_SHARE: Final = 0.12
_HEIGHTS: Final = (50, 30, 10)
_IOU: Final = 0.5
_QUALITIES: Final = (Quality.FAST, Quality.BALANCED)
# The marks for one pass, for the two passes of the service, and for the alternatives.
_MARKS: Final = (Mark.CROSS, Mark.DOT, Mark.CIRCLE)


@dataclass(frozen=True)
class Coarse:
    """A coarse pass: the long side of each network's picture, and the smallest side, in its pixels, of a large face."""

    sides: tuple[int, ...]
    small_side: int

    def __str__(self) -> str:
        return f"{'+'.join(map(str, self.sides))}:{self.small_side}"

    def of(self, detector: Detector) -> Detector:
        """Return the detector with this coarse pass instead of its own."""
        members = [
            replace(member, passes=(Pyramid((side,), side), member.passes[-1]))
            for member, side in zip(detector.members, self.sides, strict=True)
        ]
        return Detector(detector.info, members, replace(detector.thresholds, small_side=self.small_side))


@dataclass
class Run:
    """The measurements of one detector in one mode, over all photos."""

    name: str
    detector: Detector
    measured: Measured = field(init=False)
    milliseconds: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.measured = Measured(self.name, cv2.__version__, 1)

    def show(self, pixels: Pixels, path: Path) -> None:
        begun = time.process_time()
        found = self.detector.detect(pixels, MIN_CONFIDENCE)
        self.milliseconds.append((time.process_time() - begun) * 1000)
        self.measured.detections.append(Detections.of(found.boxes.tolist(), found.scores.tolist()))
        self.lines.append(json.dumps({"file": str(path), "faces": list(_faces(found))}))

    def mean(self, chosen: Sequence[bool]) -> float:
        return float(np.mean([ms for ms, is_chosen in zip(self.milliseconds, chosen, strict=True) if is_chosen]))


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        for factor in args.scales:
            whole = truth.from_wider(args.truth, args.images)
            samples = [truth.scaled(one, factor, Path(scratch) / f"{factor:g}") for one in whole][: args.limit]
            groups = [list(_runs(name, args.coarse)) for name in args.detectors]
            for sample in samples:
                pixels = _pixels(sample)
                for run in (run for group in groups for run in group):
                    run.show(pixels, sample.path)
            print("\n".join(_table(groups, samples, factor)))
            if args.found:
                _save(groups, factor, args.found)
            if args.chart and factor == args.scales[0]:
                args.chart.write_text(_chart(groups, samples, factor))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detectors.passes", description="Compare two passes with one."
    )
    detectors = [f"{name}-{quality}" for name in (BEST, *MODELS) for quality in _QUALITIES]
    parser.add_argument("--images", type=Path, required=True, help="folder of photos")
    parser.add_argument("--truth", type=Path, required=True, help="the photos' boxes in WIDER FACE's text format")
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0, 0.5], help="scale each photo by these factors")
    parser.add_argument("--detectors", nargs="+", default=detectors, choices=detectors, metavar="DETECTOR-QUALITY")
    parser.add_argument(
        "--coarse",
        type=_coarse,
        nargs="*",
        default=[],
        metavar="SIDE[+SIDE]:SMALL",
        help="alternative coarse passes: the long side for each network, and the smallest side of a large face, 288:20",
    )
    parser.add_argument("--chart", type=Path, help="draw AP against milliseconds, at the first scale, to this SVG file")
    parser.add_argument("--limit", type=int, help="maximum number of photos")
    parser.add_argument("--found", type=Path, help="write the faces to this folder, as JSON lines for each run")
    return parser


def _coarse(text: str) -> Coarse:
    sides, _, small_side = text.partition(":")
    return Coarse(tuple(map(int, sides.split("+"))), int(small_side))


def _runs(name: str, alternatives: Sequence[Coarse]) -> Iterator[Run]:
    """Load a detector; yield it with one pass, with two, and with each alternative for its number of networks."""
    detector, _, quality = name.partition("-")
    two = load_detector(detector, Quality(quality), model_files(detector))
    yield Run(f"{name}-one-pass", _in_one_pass(two))
    yield Run(f"{name}-two-passes", two)
    for coarse in alternatives:
        if len(coarse.sides) == len(two.members):
            yield Run(f"{name}-{coarse}", coarse.of(two))


def _in_one_pass(detector: Detector) -> Detector:
    """Return the detector without its coarse pass."""
    members = [replace(member, passes=member.passes[-1:]) for member in detector.members]
    if len(members) == 1 and detector.info.quality is Quality.BALANCED:
        # A single network uses a coarser second scale, even if faces are hidden.
        members = list(detector.redactor.members)
    return Detector(detector.info, members, detector.thresholds)


def _faces(found: Found) -> Iterator[dict[str, object]]:
    for box, score in zip(found.boxes.tolist(), found.scores.tolist(), strict=True):
        yield {"box": dict(zip(("x", "y", "width", "height"), box, strict=True)), "confidence": score}


def _table(groups: Sequence[Sequence[Run]], samples: Sequence[Sample], factor: float) -> Iterator[str]:
    portraits = [_is_portrait(sample) for sample in samples]
    everything = [True] * len(samples)
    faces = sum(len(sample.faces) for sample in samples)
    yield f"\nPhotos: {len(samples)}, faces: {faces:,}, portraits: {sum(portraits)}, scaled by {factor:g}.\n"
    yield f"| detector | AP from {'/'.join(map(str, _HEIGHTS))} px | ms | of one pass | ms, portraits | of one pass |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one, *others in groups:
        for run in (one, *others):
            cells = [_precisions(run.measured, samples, factor)]
            for chosen in (everything, portraits):
                taken = f"{run.mean(chosen):.0f}", f"{run.mean(chosen) / one.mean(chosen):.0%}"
                cells += taken if any(chosen) else ("-", "-")
            yield f"| {run.name} | {' | '.join(cells)} |"


def _chart(groups: Sequence[Sequence[Run]], samples: Sequence[Sample], factor: float) -> str:
    """Draw the AP of faces from 30 px against the milliseconds: one panel for all photos, one for portraits."""
    portraits = [_is_portrait(sample) for sample in samples]
    runs = [(colour, number, run) for colour, group in enumerate(groups) for number, run in enumerate(group)]
    found = [precision(run.measured, samples, _IOU, _HEIGHTS[1] * factor) for *_, run in runs]
    panels = []
    for title, chosen in (("all photos", [True] * len(samples)), ("portraits", portraits)):
        series = [
            Series(_label(number, run), [(run.mean(chosen), ap)], _MARKS[min(number, 2)], colour)
            for (colour, number, run), ap in zip(runs, found, strict=True)
        ]
        x = Axis.log("milliseconds of processor time, mean", [run.mean(chosen) for *_, run in runs])
        y = Axis.linear(f"AP of all photos, faces from {_HEIGHTS[1]} px", found, 0.005)
        panels.append(Panel(f"time of {title}", x, y, series))
    return svg(panels)


def _label(number: int, run: Run) -> str:
    """Return the legend, which only the two passes of the service have; the other modes have the same colour."""
    return run.name.removesuffix("-two-passes") if number == 1 else ""


def _precisions(measured: Measured, samples: Sequence[Sample], factor: float) -> str:
    return "/".join(f"{precision(measured, samples, _IOU, height * factor):.3f}" for height in _HEIGHTS)


def _is_portrait(sample: Sample) -> bool:
    height, width = _pixels(sample).shape[:2]
    return len(sample.faces) > 0 and bool(sample.faces[:, 3].min() > _PORTRAIT_SHARE * max(width, height))


def _pixels(sample: Sample) -> Pixels:
    return as_pixels(cv2.imread(str(sample.path)))


def _save(groups: Sequence[Sequence[Run]], factor: float, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for run in (run for group in groups for run in group):
        (folder / f"{run.name}-{factor:g}.jsonl").write_text("\n".join(run.lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
