"""The price of a million images."""

from benchmarks.cost import REKOGNITION_IMAGE, Use, keys_table, lines, preview_table, table, ways_table
from infra.local.layout import ROOT


def test_the_documentation_has_todays_table() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert table(lines(Use())) in operations
    assert ways_table(Use()) in operations
    assert keys_table(Use()) in operations
    assert preview_table(Use()) in operations


def test_an_image_costs_less_than_a_tenth_of_rekognitions_price() -> None:
    assert 0 < sum(line.dollars for line in lines(Use())) < REKOGNITION_IMAGE.dollars / 10


def test_more_listeners_cost_a_message_each() -> None:
    one, many = (sum(line.dollars for line in lines(Use(listeners=count))) for count in (1, 1_001))
    assert round((many - one) * 1e6) == 1_000
