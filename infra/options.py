"""Options that commands share. Each has an explicit name: Typer would add `--no-json` to a `bool` without one."""

from typing import Annotated

import typer


def port_number(given: str | int) -> int:
    """Read a port that is given as text or, if it is the default, as a number. Raises BadParameter if it is invalid."""
    text = str(given)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise typer.BadParameter(f"a port must be a number from 1 to 65535, not {text!r}")
    return int(text)


def whole_number(given: str | int) -> int:
    """Read a whole number. Raises BadParameter if the text is not one."""
    try:
        return int(given)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is not a whole number") from None


Port = Annotated[int, typer.Option("--port", envvar="PORT", parser=port_number, help="Port of the local stack.")]
Environment = Annotated[
    str | None,
    typer.Option(
        "--environment",
        help="Environment on AWS, a section of samconfig.toml; the local stack if omitted.",
        show_default=False,
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE", help="Values for parameters of template.yaml, like Quality=fast.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
