"""How long each built function takes to start: `python -m benchmarks.coldstart`, after `make package`.

Each start is a new process of the built package under `python -I -S`, so that nothing else is on its path. The machine
must have the package's Python version and processor type.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.aws.package import BUILD
from infra.aws.packaged import command, environment
from infra.template import Resource, functions

_IMPORT_TIME: Final = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s*)(\S+)")


@dataclass(frozen=True)
class Start:
    """Milliseconds until the handler is imported, in wall-clock and processor time, and the slowest packages."""

    function: str
    milliseconds: float
    processor: float
    parts: tuple[tuple[str, float], ...]


def measure(function: Resource, folder: Path, python: str, times: int) -> Start:
    said = [json.loads(_run(function, folder, python).stdout.splitlines()[-1]) for _ in range(times)]
    clock, processor = (statistics.median(one[name] for one in said) for name in ("init_ms", "init_processor_ms"))
    return Start(function.name, clock, processor, _parts(function, folder, python))


def _parts(function: Resource, folder: Path, python: str) -> tuple[tuple[str, float], ...]:
    """Return the milliseconds of each package's own modules, regardless of what imports them first."""
    total: dict[str, float] = {}
    for line in _run(function, folder, python, "-X", "importtime").stderr.splitlines():
        if row := _IMPORT_TIME.match(line):
            package = row[4].split(".")[0]
            total[package] = total.get(package, 0) + int(row[1]) / 1_000
    return tuple(sorted(total.items(), key=lambda part: -part[1])[:6])


def _run(function: Resource, folder: Path, python: str, *options: str) -> subprocess.CompletedProcess[str]:
    # -B, because layers and functions are read-only on Lambda, so modules compiled at one start are not kept.
    started = command(folder, function, python, options=("-B", *options))
    return subprocess.run(started, env=environment(function), capture_output=True, text=True, check=True)


def table(starts: Sequence[Start]) -> str:
    rows = ["| function | init, wall time | processor time | largest parts |", "|---|---:|---:|---|"]
    for start in starts:
        parts = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in start.parts)
        name = start.function.removesuffix("Function")
        rows.append(f"| {name} | {start.milliseconds:.0f} ms | {start.processor:.0f} ms | {parts} |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coldstart", description=__doc__)
    parser.add_argument("--folder", type=Path, default=BUILD)
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the packages' Python version")
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    print(table([measure(function, arguments.folder, arguments.python, arguments.times) for function in functions()]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
