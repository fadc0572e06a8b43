"""No file harms the detector: each ends in faces or in a reason, soon, and in bounded memory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from face_detector.analyse import analyse
from face_detector.detection.detector import Detector
from facelib import limits
from facelib.errors import ImageRejected
from facelib.options import Options, Render, Size
from PIL import Image

from tests.support.odd_files import OK, OddFile, odd_files
from tests.support.pictures import astronaut, encoded, resized

# 700 MB.
MEMORY_MIB = 667
# 1,000 MB, with any options; a function has 1,769.
HARD_MEMORY_MIB = 953


def large_close_up() -> bytes:
    """Return a head that fills 48.8 megapixels, all of which are redacted."""
    face = resized(np.ascontiguousarray(astronaut()[30:200, 150:293]), 6_400, 7_631)
    return encoded(Image.fromarray(face), quality=80)


def noise() -> bytes:
    """Return an image with a thousand false detections at a confidence of 0."""
    pixels = np.random.default_rng(1).integers(0, 256, (2_000, 2_000, 3), np.uint8)
    return encoded(Image.fromarray(pixels), quality=60)


def large_progressive() -> bytes:
    return encoded(Image.fromarray(resized(astronaut(), 7_071, 7_071)), progressive=True, quality=80)


def outcome(data: bytes, detector: Detector) -> str:
    try:
        analyse(data, Options(size=Size.ORIGINAL), detector)
    except ImageRejected as rejected:
        return rejected.failure.reason
    return OK


def test_there_are_at_least_sixty() -> None:
    names = [file.name for file in odd_files()]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("file", odd_files(), ids=lambda file: file.name)
def test_an_odd_file_ends_as_it_should(file: OddFile, fast: Detector) -> None:
    assert outcome(file.make(), fast) in file.right


def peak_mib(folder: Path, *options: str) -> int:
    """Process all files in a process of its own, whose last line is its peak memory in MiB."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.peak_memory", str(folder), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


def test_all_of_them_together_stay_within_the_memory(tmp_path: Path) -> None:
    for file in odd_files():
        (tmp_path / file.name).write_bytes(file.make())
    assert peak_mib(tmp_path) < MEMORY_MIB


@pytest.mark.parametrize("make", [large_close_up, noise, large_progressive])
def test_no_options_make_a_file_exceed_the_memory(make: Callable[[], bytes], tmp_path: Path) -> None:
    """Every render in the original size, and every face there might be."""
    (tmp_path / "image.jpg").write_bytes(make())
    options = Options(size=Size.ORIGINAL, render=tuple(Render), min_confidence=0, max_faces=limits.MAX_FACES)
    assert peak_mib(tmp_path, options.model_dump_json()) < HARD_MEMORY_MIB
