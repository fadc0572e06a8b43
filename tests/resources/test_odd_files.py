"""Every file, with any options, leads to faces or a failure reason, in limited time and memory.

Each file is tested with some combinations of options. To test all combinations, which takes hours:
`pytest tests/resources/test_odd_files.py --every-combination -o timeout=0`.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle, product
from pathlib import Path

import pytest
from face_models import BEST, CENTERFACE, MODELS
from facelib.domain import limits
from facelib.domain.job import Quality
from facelib.domain.options import Options, Size
from facelib.domain.renders import DRAWN, Render

from tests.support.cost import MOST_TIMES, photo_seconds
from tests.support.detector import model_files, models_at_hand
from tests.support.large_files import full_of_parts, large_images
from tests.support.odd_files import OddFile, odd_files
from tests.support.peak_memory import Case, Outcome

# One worker runs all of these tests, so that the large files are made only once.
pytestmark = pytest.mark.xdist_group("resources")

# 1,000 MB; the detector function has 1,769 MB.
MEMORY_MIB = 953

DETECTORS = (BEST, *MODELS)
HARDEST = Options(size=Size.ORIGINAL, render=DRAWN, min_confidence=0, max_faces=limits.MAX_FACES)
RENDERS = (*((render,) for render in DRAWN), DRAWN)
COMBINATIONS = tuple(
    Options(render=render, size=size, min_confidence=confidence, max_faces=faces, blur_strength=strength)
    for render, size, confidence, (faces, strength) in product(
        RENDERS, Size, (None, 0.0), ((1, 1), (limits.MAX_FACES, limits.BLUR_STRENGTH))
    )
)


@pytest.fixture(params=DETECTORS)
def detector(request: pytest.FixtureRequest) -> str:
    """Return the name of each detector in turn; those whose models are not installed are skipped."""
    model_files(request.param)
    return str(request.param)


def present() -> list[str]:
    """Return the names of the detectors whose models are installed."""
    models = models_at_hand()
    return [name for name in DETECTORS if name in models or (name == BEST and len(models) > 1)]


@pytest.fixture
def every_combination(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--every-combination"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the tests share their files, because making the large ones takes a long time."""
    return tmp_path_factory.mktemp("files")


def processed(
    folder: Path, cases: Sequence[tuple[OddFile, Options]], detector: str, quality: Quality = Quality.BALANCED
) -> Iterator[tuple[OddFile, Outcome]]:
    """Process all files in one separate process, in which memory that is not freed accumulates."""
    for file in {file.name: file for file, _ in cases}.values():
        if not (folder / file.name).exists():
            (folder / file.name).write_bytes(file.make())
    lines = [Case(file=str(folder / file.name), options=options).model_dump_json() for file, options in cases]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.peak_memory", detector, quality],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    outcomes = [Outcome.model_validate_json(line) for line in done.stdout.splitlines()]
    return zip((file for file, _ in cases), outcomes, strict=True)


def check(results: Iterator[tuple[OddFile, Outcome]]) -> None:
    for file, outcome in results:
        assert outcome.outcome in file.right, outcome
        assert outcome.header_seconds < MOST_TIMES * photo_seconds(), outcome
        assert outcome.peak_mib < MEMORY_MIB, outcome


def test_there_are_at_least_sixty_files() -> None:
    names = [file.name for file in (*odd_files(), *full_of_parts(), *large_images())]
    assert len(set(names)) == len(names) >= 60


def test_a_file_has_the_expected_outcome(detector: str, every_combination: bool, folder: Path) -> None:
    everything = product((*odd_files(), *large_images()), COMBINATIONS)
    check(processed(folder, list(everything) if every_combination else cases_of(detector), detector))


def cases_of(detector: str) -> list[tuple[OddFile, Options]]:
    """Return the files that one of the detectors processes, each with its options.

    Every detector processes every unusual file; the detectors take turns in using options other than the defaults. The
    largest images are distributed among the detectors. Drawing a thousand faces in such an image takes a long time, so
    only the most thorough detector does it, in another test.
    """
    turns = zip(odd_files(), cycle(present()), cycle(COMBINATIONS), strict=False)
    odd = [(file, options if turn == detector else Options()) for file, turn, options in turns]
    first, *others = large_images()
    mine = others[present().index(detector) :: len(present())]
    renders = cycle(Options(size=Size.ORIGINAL, render=(render,)) for render in DRAWN)
    # Another test processes the first image with the most thorough detector.
    alone = [] if detector == BEST else [(first, Options(size=Size.ORIGINAL, render=(Render.BLUR,)))]
    return [*odd, *alone, *zip(mine, renders, strict=False)]


def test_a_file_with_many_parts_does_not_cost_more(folder: Path) -> None:
    model_files(CENTERFACE.name)
    check(processed(folder, [(file, Options()) for file in full_of_parts()], CENTERFACE.name))


def test_the_most_thorough_detector_stays_within_the_memory_limit(every_combination: bool, folder: Path) -> None:
    model_files(CENTERFACE.name)
    files = large_images() if every_combination else large_images()[:1]
    check(processed(folder, [(file, HARDEST) for file in files], BEST, Quality.THOROUGH))
