"""The savings and the cost of the early exit: `python -m benchmarks.detectors.passes --help`.

Every detector processes each photo twice, in one process with one thread: with its coarse pass first, and in one pass
with the finest scales. Times are processor times, which other load on the machine affects less. The faces are written
to files for a scorer of WIDER FACE's own lists.
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
from face_detector.imaging.pixels import Pixels, as_pixels
from face_models import BEST, MODELS
from facelib.domain.job import Quality

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


@dataclass
class Run:
    """One mode of one detector over all photos."""

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
            pairs = [_pair(name) for name in args.detectors]
            for sample in samples:
                pixels = _pixels(sample)
                for run in (run for pair in pairs for run in pair):
                    run.show(pixels, sample.path)
            print("\n".join(_table(pairs, samples, factor)))
            if args.found:
                _save(pairs, factor, args.found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detectors.passes", description="Compare two passes with one."
    )
    detectors = [f"{name}-{quality}" for name in (BEST, *MODELS) for quality in _QUALITIES]
    parser.add_argument("--images", type=Path, required=True, help="folder of photos")
    parser.add_argument("--truth", type=Path, required=True, help="their boxes in WIDER FACE's text format")
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0, 0.5], help="scale each photo by these factors")
    parser.add_argument("--detectors", nargs="+", default=detectors, choices=detectors, metavar="DETECTOR-QUALITY")
    parser.add_argument("--limit", type=int, help="maximum number of photos")
    parser.add_argument("--found", type=Path, help="write the faces to this folder, a file of JSON lines for each run")
    return parser


def _pair(name: str) -> tuple[Run, Run]:
    """Load a detector once; return it in one pass and in two."""
    detector, _, quality = name.partition("-")
    two = load_detector(detector, Quality(quality), model_files(detector))
    return Run(f"{name}-one-pass", _in_one_pass(two)), Run(f"{name}-two-passes", two)


def _in_one_pass(detector: Detector) -> Detector:
    """Return the detector without its coarse pass."""
    members = [replace(member, passes=member.passes[-1:]) for member in detector.members]
    if len(members) == 1 and detector.info.quality is Quality.BALANCED:
        # A single network uses a coarser second scale, also if faces are redacted.
        members = list(detector.redactor.members)
    return Detector(detector.info, members, detector.thresholds)


def _faces(found: Found) -> Iterator[dict[str, object]]:
    for box, score in zip(found.boxes.tolist(), found.scores.tolist(), strict=True):
        yield {"box": dict(zip(("x", "y", "width", "height"), box, strict=True)), "confidence": score}


def _table(pairs: Sequence[tuple[Run, Run]], samples: Sequence[Sample], factor: float) -> Iterator[str]:
    portraits = [_is_portrait(sample) for sample in samples]
    everything = [True] * len(samples)
    faces = sum(len(sample.faces) for sample in samples)
    yield f"\nPhotos: {len(samples)}, faces: {faces:,}, portraits: {sum(portraits)}, scaled by {factor:g}.\n"
    heights = "/".join(map(str, _HEIGHTS))
    yield f"| detector | AP from {heights} px, one pass | two passes | ms | of one pass | ms, portraits | of one pass |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for one, two in pairs:
        cells = [_precisions(run.measured, samples, factor) for run in (one, two)]
        for chosen in (everything, portraits):
            if any(chosen):
                before, after = one.mean(chosen), two.mean(chosen)
                cells += [f"{before:.0f} → {after:.0f}", f"{after / before:.0%}"]
            else:
                cells += ["-", "-"]
        yield f"| {two.name.removesuffix('-two-passes')} | {' | '.join(cells)} |"


def _precisions(measured: Measured, samples: Sequence[Sample], factor: float) -> str:
    return "/".join(f"{precision(measured, samples, _IOU, height * factor):.3f}" for height in _HEIGHTS)


def _is_portrait(sample: Sample) -> bool:
    height, width = _pixels(sample).shape[:2]
    return len(sample.faces) > 0 and bool(sample.faces[:, 3].min() > _PORTRAIT_SHARE * max(width, height))


def _pixels(sample: Sample) -> Pixels:
    return as_pixels(cv2.imread(str(sample.path)))


def _save(pairs: Sequence[tuple[Run, Run]], factor: float, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for run in (run for pair in pairs for run in pair):
        (folder / f"{run.name}-{factor:g}.jsonl").write_text("\n".join(run.lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
