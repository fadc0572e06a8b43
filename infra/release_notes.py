"""Reads a release's section of CHANGELOG.md, for its page on GitHub."""

import re
from typing import Annotated, Final

import typer
from facecast.version import __version__

from infra import ROOT
from infra.errors import CommandFailed

_VERSION: Final = re.compile(r"v(\d+\.\d+\.\d+)")


def notes(tag: str, changelog: str, version: str = __version__) -> str:
    """Return a tag's section of the changelog. Raises CommandFailed if tag, version and changelog do not agree."""
    named = _VERSION.fullmatch(tag)
    if named is None or named[1] != version:
        raise CommandFailed(f"The tag {tag} is not v{version}, the version in client/facecast/version.py.")
    section = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    if section is None or not section[1].strip():
        raise CommandFailed(f"CHANGELOG.md has no section [{version}]. Rename [Unreleased], and add the date.")
    return section[1].strip()


def print_notes(tag: Annotated[str, typer.Argument(help="The release's tag, for example v1.0.0.")]) -> None:
    """Print the section of CHANGELOG.md about a release."""
    print(notes(tag, (ROOT / "CHANGELOG.md").read_text()))
