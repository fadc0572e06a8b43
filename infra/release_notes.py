"""Print what CHANGELOG.md says of a release, for its page on GitHub: `python -m infra.release_notes v1.0.0`."""

import re
import sys
from typing import Final

from facecast.version import __version__

from infra import ROOT
from infra.arguments import Arguments
from infra.errors import CommandFailed

_VERSION: Final = re.compile(r"v(\d+\.\d+\.\d+)")


def notes(tag: str, changelog: str, version: str = __version__) -> str:
    """Return what the changelog says about a tag.

    Raises CommandFailed where tag, version and changelog do not agree.
    """
    named = _VERSION.fullmatch(tag)
    if named is None or named[1] != version:
        raise CommandFailed(f"The tag {tag} is not v{version}, the version in client/facecast/version.py.")
    section = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    if section is None or not section[1].strip():
        raise CommandFailed(f"CHANGELOG.md has no section [{version}]. Rename [Unreleased], and add the date.")
    return section[1].strip()


def main() -> int:
    parser = Arguments(prog="python -m infra.release_notes", description=__doc__)
    parser.add_argument("tag", help="for example v1.0.0")
    try:
        print(notes(parser.parse_args().tag, (ROOT / "CHANGELOG.md").read_text()))
    except CommandFailed as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
