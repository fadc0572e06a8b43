"""Benchmark charts have axes that contain every value, and are SVG files that a browser can read."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks.chart import Axis, Mark, Panel, Series, svg


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([12, 90], (10, 20, 50, 100)),
        ([10, 100], (10, 20, 50, 100)),
        ([3], (2, 5)),
        ([5], (5, 10)),
        ([0.5, 4_000], (0.1, 1, 10, 100, 1_000, 10_000)),
    ],
)
def test_a_logarithmic_axis_contains_every_value(values: list[float], ticks: tuple[float, ...]) -> None:
    axis = Axis.log("", values)
    assert axis.ticks == pytest.approx(ticks)
    assert all(0 <= axis.position(value) <= 1 for value in values)


@pytest.mark.parametrize(
    ("values", "ticks"), [([0.921, 0.938], (0.92, 0.925, 0.93, 0.935, 0.94)), ([0.92, 0.92], (0.92, 0.925))]
)
def test_a_linear_axis_has_round_ticks(values: list[float], ticks: tuple[float, ...]) -> None:
    assert Axis.linear("", values, 0.005).ticks == pytest.approx(ticks)


def test_panels_share_a_legend() -> None:
    axis = Axis.log("x", [1, 10])
    series = [Series("a < b", [(1, 1), (10, 10)], mark, number) for number, mark in enumerate(Mark)]
    drawn = ET.fromstring(svg([Panel("one", axis, axis, series), Panel("two", axis, axis, series)]))
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("a < b") == 1
    assert {"one", "two", "x", "1", "2", "5", "10"} <= set(texts)
