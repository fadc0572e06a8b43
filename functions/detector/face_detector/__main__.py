"""Find faces from the command line: `python -m face_detector IMAGE|FOLDER...` prints one JSON line per file."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
from face_models import BEST, MODELS
from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.job import Quality
from facelib.domain.options import Options, Size
from facelib.domain.renders import DRAWN, Render
from facelib.domain.validation import describe_errors
from pydantic import ValidationError

from face_detector.analyse import analyse, find_faces
from face_detector.detection.detector import Detector, load_detector


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0 for success, 1 if a file could not be processed, 2 for invalid arguments."""
    args = _parser().parse_args(arguments)
    missing = [str(path) for path in args.paths if not path.exists()]
    if missing:
        print(f"File not found: {', '.join(missing)}", file=sys.stderr)
        return 2
    if args.threads is not None:
        cv2.setNumThreads(args.threads)
    try:
        options = Options(
            render=tuple(args.draw or [Render.BOXES]),
            min_confidence=args.min_confidence,
            max_faces=args.max_faces,
            blur_strength=args.blur_strength,
            size=args.size,
        )
        files = {args.detector: args.model_file} if args.model_file else {}
        detector = load_detector(args.detector, args.quality, files)
    except ValidationError as error:
        print(describe_errors(error), file=sys.stderr)
        return 2
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    failures = 0
    for path, name in _files(args.paths):
        line = _line(path, name, options, detector, args.render)
        failures += "failure" in line
        print(json.dumps(line), flush=True)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m face_detector", description="Find the faces in images.")
    parser.add_argument("paths", metavar="IMAGE|FOLDER", nargs="+", type=Path)
    parser.add_argument(
        "--detector", default=BEST, help=f"one of {', '.join([BEST, *sorted(MODELS)])}, or a combination: a+b"
    )
    parser.add_argument("--model-file", type=Path, metavar="FILE", help="model file for the network in --detector")
    parser.add_argument(
        "--quality",
        choices=list(Quality),
        type=Quality,
        default=Quality.BALANCED,
        help="slower settings detect smaller faces",
    )
    parser.add_argument(
        "--min-confidence",
        type=float,
        metavar="0..1",
        help="leave out less certain faces; default: the detector's threshold",
    )
    parser.add_argument("--max-faces", type=int, default=limits.MAX_FACES, metavar="N", help="maximum number of faces")
    parser.add_argument("--render", type=Path, metavar="DIR", help="write results to this folder")
    parser.add_argument(
        "--draw", choices=list(DRAWN), type=Render, action="append", help="result to draw; may be repeated"
    )
    parser.add_argument(
        "--blur-strength",
        type=int,
        default=limits.BLUR_STRENGTH_DEFAULT,
        metavar=f"1..{limits.BLUR_STRENGTH}",
        help="strength of blur and pixelate; higher hides more, and solid hides everything",
    )
    parser.add_argument("--size", choices=list(Size), type=Size, default=Size.FIT, help="size of the results")
    parser.add_argument("--threads", type=int, metavar="N", help="number of threads; default: one per processor")
    return parser


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each file's path and the name for its results. Search folders recursively, and skip hidden files."""
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                name = file.relative_to(path)
                if file.is_file() and not any(part.startswith(".") for part in name.parts):
                    yield file, name
        else:
            yield path, Path(path.name)


def _line(path: Path, name: Path, options: Options, detector: Detector, folder: Path | None) -> dict[str, object]:
    try:
        data = path.read_bytes()
        detected = find_faces(data, options, detector) if folder is None else analyse(data, options, detector)
    except ImageRejected as rejected:
        return {"file": str(path), "failure": rejected.failure.model_dump(mode="json")}
    if folder is not None:
        for render, result in getattr(detected, "results", {}).items():
            target = folder / name.with_name(f"{name.name}.{render}.{render.media_type.suffix}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(result)
    return {
        "file": str(path),
        "width": detected.image.width,
        "height": detected.image.height,
        "detector": detector.info.model_dump(mode="json"),
        "faces": [face.model_dump(mode="json") for face in detected.faces],
        "timings_ms": dict(detected.timings_ms),
    }


if __name__ == "__main__":
    raise SystemExit(main())
