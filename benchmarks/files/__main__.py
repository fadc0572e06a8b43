"""Reports for each file of a folder whether it is accepted, and its colours, time and memory.

    python -m benchmarks.files FOLDER [--seconds 60]

Each file is decoded at its full size in a separate process, without looking for faces. The colours in sRGB are compared
with those of Pillow, which applies the ICC profile; the colours before any conversion are compared with OpenCV's.
Prints one line per file, with columns separated by tabs, then the notable files. Needs Linux.
"""

import argparse
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.files.look import ACCEPTED, CRASHED, HEAD, HUNG, Row, row_of

SUFFIXES = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".hif"})
# Differences (in levels of 255) that are invisible, and that are clearly visible.
CLOSE, FAR = 3.0, 8.0
LISTED = 10


def rows(folder: Path, seconds: float) -> Iterator[Row]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield row_of(path, str(path.relative_to(folder)), seconds)


def summary(every: list[Row]) -> Iterator[str]:
    outcomes = Counter(row.outcome for row in every)
    yield f"{len(every)} files: " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    yield _agreement("Pillow and ICC", [row.difference for row in every if row.colours != "named"])
    yield _agreement("OpenCV, before conversion", [row.second for row in every])
    refused = [row for row in every if row.outcome != ACCEPTED]
    far = [row for row in every if (row.difference or 0) > CLOSE]
    yield from _listed("Refused, but decoded by others", [row for row in refused if row.others])
    yield from _listed("Crashed or hung", [row for row in refused if row.outcome in (CRASHED, HUNG)])
    yield from _listed("Unlike Pillow", [row for row in far if row.colours != "named"])
    yield from _listed("Different from Pillow, which ignores their code points for colours", far, {"named"})
    yield from _listed("Longest", sorted(every, key=lambda row: -row.seconds)[:LISTED])
    yield from _listed("Most memory", sorted(every, key=lambda row: -row.peak_mib)[:LISTED])


def _agreement(title: str, measured: Iterable[float | None]) -> str:
    differences = [one for one in measured if one is not None]
    if not differences:
        return f"{title}: nothing to compare"
    close = sum(one <= CLOSE for one in differences) / len(differences)
    far = sum(one > FAR for one in differences)
    return (
        f"{title}: {len(differences)} compared, {close:.1%} differ by at most {CLOSE:.0f} levels, {far} by more than "
        f"{FAR:.0f}, median {statistics.median(differences):.2f}"
    )


def _listed(title: str, some: Iterable[Row], colours: Iterable[str] = ("", "ICC", "named")) -> Iterator[str]:
    lines = [row.line for row in some if row.colours in colours]
    if lines:
        yield f"\n{title}:"
        yield from lines


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60, help="time after which decoding a file counts as hung")
    args = parser.parse_args(arguments)
    print(HEAD)
    every = []
    for row in rows(args.folder, args.seconds):
        print(row.line, flush=True)
        every.append(row)
    print("\n" + "\n".join(summary(every)))


if __name__ == "__main__":
    main()
