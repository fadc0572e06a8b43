"""No file harms the detector: each ends in faces or in a reason, soon, and in bounded memory."""

import subprocess
import sys
from pathlib import Path

import pytest
from face_detector.analyse import analyse
from face_detector.detect import Detector
from facelib.errors import ImageRejected
from facelib.job import Options, Size

from tests.unit.detector.odd_files import OK, OddFile, odd_files

# 700 MB.
MEMORY_MIB = 667


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


def test_all_of_them_together_stay_within_the_memory(tmp_path: Path) -> None:
    """A process of its own goes through all files; what it used at most, in MiB, is the last line it prints."""
    for file in odd_files():
        (tmp_path / file.name).write_bytes(file.make())
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.detector.peak_memory", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) < MEMORY_MIB, done.stdout
