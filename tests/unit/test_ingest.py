"""The model of ingest says what its page says, and agrees with plain arithmetic."""

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.cost import Use
from benchmarks.ingest import DETECTORS, RATES, STAGE, TABLE_UNITS, figures, highest_rate, shares


def test_the_page_has_the_models_figures(repository: Path) -> None:
    assert figures() in (repository / "docs/scaling.md").read_text(), "run: python -m benchmarks.ingest"


def test_ten_detectors_of_three_tenths_of_a_second_take_33_images_a_second() -> None:
    assert Use().detector_ms == 300
    assert highest_rate("presigned upload", DETECTORS) == pytest.approx(10 / 0.3)


def test_dropped_photos_do_not_pass_the_api() -> None:
    assert highest_rate("drop folder", STAGE) is None


@pytest.mark.parametrize("way", TABLE_UNITS)
def test_more_images_take_no_less_of_any_quota(way: str) -> None:
    for low, high in pairwise(RATES):
        assert all(less <= more for (_, less), (_, more) in zip(shares(way, low), shares(way, high), strict=True))
