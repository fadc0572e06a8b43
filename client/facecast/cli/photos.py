"""Finds the photos that a command line names as files, folders, globs or `-` for standard input."""

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STDIN: Final = "-"
# Suffixes of the files that are sent from folders; a file that is named explicitly is always sent.
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".avif", ".heic", ".heif"})


@dataclass(frozen=True)
class PhotoFile:
    """A photo: its path as it was given, and the stem from which the paths of its results are formed."""

    name: str
    stem: str

    @property
    def identity(self) -> str:
        return identity_of(self.name)

    def read(self, at_most: int) -> bytes:
        """Return up to `at_most` + 1 bytes, so that a larger file is noticed. Raises OSError if reading fails."""
        if self.name == STDIN:
            return sys.stdin.buffer.read(at_most + 1)
        with Path(self.name).open("rb") as file:
            return file.read(at_most + 1)


def identity_of(name: str) -> str:
    """Return a value that is the same for all paths that lead to the same file."""
    return STDIN if name == STDIN else str(Path(name).resolve())


@dataclass(frozen=True)
class Unusable:
    """An argument that does not lead to a photo."""

    name: str
    reason: str


def find_photos(names: Iterable[str], skip: Path | None = None) -> Iterator[PhotoFile | Unusable]:
    """Search folders recursively, and yield each photo once; the photos in a folder are sorted by name.

    `skip` is the folder for results. If it is inside one of the given folders, it is not searched.
    """
    seen: set[str] = set()
    for name in names:
        for source in _named(name, skip.resolve() if skip else None):
            if isinstance(source, PhotoFile):
                if source.identity in seen:
                    continue
                seen.add(source.identity)
            yield source


def _named(name: str, skip: Path | None) -> Iterator[PhotoFile | Unusable]:
    path = Path(name)
    if name == STDIN:
        yield PhotoFile(STDIN, "stdin")
    elif path.is_dir():
        yield from _in_folder(path, skip)
    elif path.exists():
        yield PhotoFile(name, path.stem)
    elif glob.has_magic(name):
        yield from _matching(name, skip)
    else:
        yield Unusable(name, "file not found")


def _in_folder(folder: Path, skip: Path | None) -> Iterator[PhotoFile | Unusable]:
    denied: list[OSError] = []
    is_empty = True
    for where, folders, files in os.walk(folder, onerror=denied.append):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and Path(where, one).resolve() != skip)
        for file in sorted(files):
            path = Path(where, file)
            if path.suffix.lower() in _SUFFIXES and not file.startswith("."):
                is_empty = False
                yield PhotoFile(str(path), str(path.relative_to(folder).with_suffix("")))
    for error in denied:
        yield Unusable(str(error.filename), f"the folder cannot be read: {error.strerror}")
    if is_empty and not denied:
        yield Unusable(str(folder), "no photos in this folder")


def _matching(pattern: str, skip: Path | None) -> Iterator[PhotoFile | Unusable]:
    """Expand a glob that the shell did not expand, because it is in quotes or contains `**`."""
    base = Path(re.split(r"[*?[]", pattern, maxsplit=1)[0])
    base = base if base.is_dir() else base.parent
    paths = [Path(one) for one in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - patterns may be absolute
    inside = skip if skip and skip.is_relative_to(base.resolve()) and skip != base.resolve() else None
    photos = [path for path in paths if path.is_file() and not (inside and path.resolve().is_relative_to(inside))]
    if not photos:
        yield Unusable(pattern, "nothing matches")
    for path in photos:
        yield PhotoFile(str(path), str(path.relative_to(base).with_suffix("")))


def assign_stems(photos: Sequence[PhotoFile], taken: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each photo's results. Duplicates are numbered; names that are already in `taken` are kept."""
    used = set(taken.values())
    stems = {}
    for photo in photos:
        stem, number = taken.get(photo.identity), 1
        while stem is None or (photo.identity not in taken and stem in used):
            stem = photo.stem if number == 1 else f"{photo.stem}-{number}"
            number += 1
        used.add(stem)
        stems[photo.identity] = stem
    return stems
