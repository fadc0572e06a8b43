"""The cost of a million images."""

import pytest

from benchmarks.cost import REKOGNITION_IMAGE, Use, before_data_transfer, fixed_a_month, lines, requests_table, table
from infra import ROOT


def test_the_documentation_has_the_current_figures() -> None:
    costs = (ROOT / "docs" / "costs.md").read_text()
    assert table(Use()) in costs
    assert fixed_a_month() in costs
    assert requests_table() in (ROOT / "docs" / "scaling.md").read_text()


def test_every_line_names_the_sources_of_its_quantity_and_price() -> None:
    assert all(line.counted and line.priced.startswith("https://") for line in lines(Use()))
    assert len(lines(Use())) <= 10


def test_the_documentation_has_the_current_difference_from_the_target_cost() -> None:
    missing = before_data_transfer(Use()) * 1e6 - 25
    assert f"which is ${missing:.2f} less" in (ROOT / "docs" / "costs.md").read_text()


def test_an_image_costs_less_than_a_tenth_of_rekognitions_price() -> None:
    assert 0 < sum(line.dollars for line in lines(Use())) < REKOGNITION_IMAGE.dollars / 10


@pytest.mark.parametrize("listeners", [2, 1_001])
def test_each_additional_listener_costs_one_message(listeners: int) -> None:
    more = before_data_transfer(Use(listeners=listeners)) - before_data_transfer(Use())
    assert more * 1e6 == pytest.approx(listeners - 1)
