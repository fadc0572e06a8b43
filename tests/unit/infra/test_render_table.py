"""The table of renders in docs/use.md matches the code."""

from facelib.domain.renders import Render

from infra.render_table import PAGE, table, with_table


def test_the_table_is_up_to_date() -> None:
    page = PAGE.read_text()
    assert table() in page, "run `make schemas` and commit the result"
    assert with_table(page) == page


def test_every_render_has_a_row() -> None:
    assert [row.split("`")[1] for row in table().splitlines()[2:]] == [render.value for render in Render]
