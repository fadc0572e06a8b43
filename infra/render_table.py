"""Writes the table of renders in docs/use.md from their declarations."""

import re
from typing import Final

from facelib.domain.renders import Render

from infra import ROOT

PAGE: Final = ROOT / "docs" / "use.md"
_PLACE: Final = re.compile(r"(?<=<!-- renders -->\n).*?(?=<!-- end of renders -->)", re.DOTALL)


def table() -> str:
    rows = ["| `render` | result | hides faces | options |", "|---|---|---|---|", *map(_row, Render)]
    return "".join(f"{row}\n" for row in rows)


def with_table(page: str) -> str:
    """Return the page with the table between its markers."""
    return _PLACE.sub(lambda _: table(), page)


def write() -> None:
    """Write the table of renders into docs/use.md."""
    PAGE.write_text(with_table(PAGE.read_text()))


def _row(render: Render) -> str:
    declared = render.declared
    hides = "as the other render does" if declared.exposure is None else "yes" if render.hides_faces else "no"
    options = ", ".join(f"`{option}`" for option in declared.options)
    return f"| `{render.value}` | {declared.description} | {hides} | {options} |"
