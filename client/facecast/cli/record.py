"""The record of a run: a file of JSON lines from which the same command can resume, or retry failures."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from facecast.cli.files import append, replace
from facecast.cli.photos import PhotoFile, identity_of
from facecast.models import RETRYABLE

# If no file was requested, this one is kept next to the results until all photos are finished.
HIDDEN: Final = ".facecast.jsonl"

Line = Mapping[str, Any]


class Record:
    """A JSON object for each photo: its job or error, with `photo`, `saved` and `fingerprint`.

    A photo is recorded completely or not at all.
    """

    def __init__(self, lines: Path | None, out: Path | None, photos: Sequence[PhotoFile] = ()) -> None:
        """Read which of these photos an earlier run has finished. Raises OSError if that fails."""
        self.path = lines or (out / HIDDEN if out else None)
        self._out = out
        self._is_hidden = lines is None
        # Unless a file was requested, the record is hidden, and only its owner can read it.
        self._mode = 0o600 if self._is_hidden else 0o666
        self._lines: dict[str, Line] = {}
        self._is_stale = False
        self._read({photo.identity for photo in photos})
        # The number of photos that earlier runs have finished.
        self.resumed = len(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def first_saved(self, out: Path) -> dict[str, Path]:
        """Return the path in `out` of each photo's first result; no other photo may be given that path."""
        paths = {photo: Path(line["saved"][0]) for photo, line in self._lines.items() if line["saved"]}
        return {photo: path.relative_to(out) for photo, path in paths.items() if path.is_relative_to(out)}

    def begin(self) -> None:
        """Write the lines of the photos that earlier runs have finished. Raises OSError if that fails."""
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._lines or not self._is_hidden:
                self._write()

    def find(self, photo: PhotoFile, fingerprint: str) -> Line | None:
        """Return the line of a finished photo."""
        line = self._lines.get(photo.identity)
        return line if line and line["fingerprint"] == fingerprint else None

    def add(self, photo: PhotoFile, line: Line) -> None:
        """Append a photo's line. Raises OSError if the file cannot be written."""
        self._is_stale |= photo.identity in self._lines
        self._lines[photo.identity] = line
        if self.path:
            append(self.path, _encoded([line]), self._mode)

    def end(self, *, is_complete: bool) -> None:
        """Reduce the file to one line for each photo. Remove a hidden file if all photos are finished.

        Raises OSError if the file cannot be written or removed.
        """
        if not self.path:
            return
        if self._is_hidden and is_complete:
            self.path.unlink(missing_ok=True)
        elif self._is_stale:
            self._write()

    def _read(self, photos: set[str]) -> None:
        for line in _lines_of(self.path):
            photo = identity_of(line["photo"])
            if photo in photos and self._is_done(line):
                self._lines[photo] = line
            else:
                self._lines.pop(photo, None)

    def _write(self) -> None:
        if self.path:
            replace(self.path, _encoded(self._lines.values()), self._mode)
        self._is_stale = False

    def _is_done(self, line: Line) -> bool:
        """Return whether the job has ended and all results are saved, or a retry cannot change its outcome."""
        if failure := line.get("failure"):
            return failure.get("reason") not in RETRYABLE
        if self._out and not line["saved"] and line.get("options", {}).get("render") != ["none"]:
            return False
        return all(Path(path).is_file() for path in line["saved"])


def fingerprint(service: str, key: str) -> str:
    """Return the fingerprint of a service, and of a photo's content and options (its idempotency key)."""
    return hashlib.sha256(f"{service}\n{key}".encode()).hexdigest()[:32]


def _lines_of(path: Path | None) -> Iterator[Line]:
    """Yield the lines of a run. Skip the last one if it was truncated when the run was killed."""
    with suppress(FileNotFoundError):
        for text in path.read_bytes().splitlines() if path else ():
            with suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict) and {"photo", "saved", "fingerprint"} <= line.keys():
                    yield line


def _encoded(lines: Iterable[Line]) -> bytes:
    return b"".join(f"{json.dumps(line)}\n".encode() for line in lines)
