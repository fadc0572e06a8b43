"""Compare the detectors with others: `python -m benchmarks.detectors --help`.

Every detector runs in its own process. All of them finish one image before any starts the next, so that other load on
the machine affects all of them equally. A peer that cannot be installed is reported and skipped.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from face_models import BEST, MODELS
from facelib.domain.job import Quality

from benchmarks.detectors import peers, truth
from benchmarks.detectors.report import Measured, markdown, save_chart
from benchmarks.detectors.truth import Sample

ROOT: Final = Path(__file__).parents[2]
SHARED: Final = ROOT.parent / "shared" / "samples"
OURS: Final = tuple(f"{name}-{quality}" for name in (BEST, *MODELS) for quality in Quality)
PEERS: Final = ("mediapipe", "dlib", "haar")
PHOTO_RUNS: Final = 7
PHOTO_WIDTH: Final = 4_000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.truth and not args.images:
        parser.error("--truth requires the folder of its images: --images FOLDER")
    if args.images and not args.images.is_dir():
        parser.error(f"folder {args.images} not found")
    with tempfile.TemporaryDirectory() as scratch:
        samples = list(_samples(args, Path(scratch)))[: args.limit]
        if not samples:
            print("No images found.", file=sys.stderr)
            return 1
        photo = truth.photo(Path(scratch), PHOTO_WIDTH)
        measured = [
            result
            for threads in args.threads
            for result in _measure([*args.detectors, *args.peers], threads, samples, photo)
        ]
    text = markdown(measured, samples, args.iou, _command(arguments))
    print(text)
    if args.markdown:
        args.markdown.write_text(text)
    if args.chart and any(len(sample.faces) for sample in samples):
        save_chart(measured, samples, args.iou, args.chart)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detectors", description="Measure face detectors.")
    parser.add_argument("--images", type=Path, help="a folder of images; without --truth only times are measured")
    parser.add_argument(
        "--truth", type=Path, help="a file of the images' face boxes, in WIDER FACE's text format or as JSON"
    )
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0], help="scale each image by these factors")
    parser.add_argument("--made", action="store_true", help="use synthetic crowds of scikit-image's astronaut")
    parser.add_argument("--detectors", nargs="*", default=list(OURS), choices=OURS, metavar="DETECTOR-QUALITY")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--iou", type=float, default=0.5, help="minimum overlap (IoU) for a face to count as detected")
    parser.add_argument("--limit", type=int, help="maximum number of images")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    parser.add_argument("--chart", type=Path, help="write the chart, AP against milliseconds, to this SVG file")
    return parser


def _samples(args: argparse.Namespace, scratch: Path) -> Iterator[Sample]:
    """Yield the given images; by default, the shared samples if they exist, otherwise synthetic ones."""
    images, boxes = args.images, args.truth
    if images is None and SHARED.is_dir() and not args.made:
        images, boxes = SHARED, SHARED / "faces.json"
    if images is None:
        yield from truth.made(scratch)
        return
    for index, sample in enumerate(_read(images, boxes)):
        for factor in args.scales:
            yield truth.scaled(sample, factor, scratch / str(index))


def _read(images: Path, boxes: Path | None) -> Iterator[Sample]:
    if boxes is None:
        return truth.from_folder(images)
    return truth.from_json(boxes, images) if boxes.suffix == ".json" else truth.from_wider(boxes, images)


def _measure(names: Sequence[str], threads: int, samples: Sequence[Sample], photo: Path) -> list[Measured]:
    workers = list(_started(names, threads))
    for worker in workers:
        # Warm-up.
        worker.detect(samples[0].path)
    for number, sample in enumerate(samples, 1):
        print(f"\r{threads} thread(s): image {number} of {len(samples)}", end="", file=sys.stderr, flush=True)
        for worker in workers:
            worker.measured.add(worker.detect(sample.path))
    print(file=sys.stderr)
    for worker in (worker for worker in workers if worker.measured.is_ours):
        runs = [worker.detect(photo) for _ in range(PHOTO_RUNS)]
        worker.measured.photo_ms += [sum(run["timings_ms"].values()) for run in runs]
    for worker in workers:
        worker.close()
    return [worker.measured for worker in workers]


def _started(names: Sequence[str], threads: int) -> Iterator["_Worker"]:
    for name in names:
        try:
            yield _Worker(name, threads)
        except peers.NotInstalled as reason:
            print(f"{name} is skipped: {reason}", file=sys.stderr)


class _Worker:
    """A detector in a separate process."""

    def __init__(self, name: str, threads: int) -> None:
        command = [str(peers.python_for(name)), "-m", "benchmarks.detectors.worker", name, str(threads)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=peers.environment(threads),
        )
        first = peers.read_line(self._process)
        if first is None:
            self.close()
            raise peers.NotInstalled("the process did not start")
        self.measured = Measured(name, first["version"], threads)

    def detect(self, path: Path) -> peers.Response:
        assert self._process.stdin
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        response = peers.read_line(self._process)
        if response is None:
            raise RuntimeError(f"{self.measured.name} ended at {path}")
        return response

    def close(self) -> None:
        """Close the pipe, so that the worker exits."""
        with self._process:
            pass


def _command(arguments: Sequence[str] | None) -> str:
    return " ".join(["python -m benchmarks.detectors", *(sys.argv[1:] if arguments is None else arguments)])


if __name__ == "__main__":
    raise SystemExit(main())
