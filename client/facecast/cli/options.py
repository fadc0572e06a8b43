"""Options that commands share, and the service that they select."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from facecast.addresses import AddressInvalid, checked_url, local_stack
from facecast.keys import KeyUnusable, find_key
from facecast.models import RENDERS

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="FACECAST_URL",
        metavar="URL",
        help="Address of the service; a local stack that was started in this folder is found automatically.",
        show_default=False,
    ),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        envvar="FACECAST_KEY_FILE",
        metavar="FILE",
        help="File with the key; only you may have access to it (mode 0600). Alternatively, set FACECAST_KEY.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]
Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Photos, folders (searched recursively), globs in quotes, or - for a photo on standard input.",
        show_default=False,
    ),
]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A job's id.", show_default=False)]


def find_url(given: str | None) -> str:
    """Return the service's address. Raises UsageError if it is missing or invalid."""
    try:
        url = checked_url(given) if given else local_stack(Path.cwd())
    except AddressInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    if url is None:
        raise typer.BadParameter(
            "No service address. Pass --url https://... or set FACECAST_URL.",
            param_hint="--url",
        )
    return url


def find_service_key(key_file: Path | None) -> str | None:
    """Return the key, or None if no key is set. Raises UsageError if the key is unusable."""
    try:
        return find_key(os.environ, key_file)
    except KeyUnusable as error:
        raise typer.BadParameter(str(error), param_hint="FACECAST_KEY") from None


def read_renders(text: str | None) -> str | None:
    """Check names separated by commas. Raises UsageError if a name is unknown."""
    if text is None:
        return None
    unknown = [render for render in split_renders(text) if render not in RENDERS]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)} is not one of {', '.join(RENDERS)}")
    return text


def one_of(names: Sequence[str]) -> Callable[[str | None], str | None]:
    """Return an option callback that raises UsageError if the value is not one of these names."""

    def check(name: str | None) -> str | None:
        if name not in {None, *names}:
            raise typer.BadParameter(f"{name} is not one of {', '.join(names)}")
        return name

    return check


def split_renders(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))
