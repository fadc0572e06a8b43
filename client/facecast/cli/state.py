"""What a run has done so far, in a file beside its results, so that one that broke off can be taken up again."""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

_NAME: Final = ".facecast-state"


class Done(BaseModel):
    """A photo whose job has ended and whose results are all where they belong."""

    model_config = ConfigDict(frozen=True)

    photo: str
    key: str
    stem: str
    saved: tuple[str, ...]
    face_count: int
    failed: bool
    # How long the file of JSON lines is with this photo's line.
    lines_bytes: int


@dataclass(frozen=True)
class Target:
    """Where results come from and go to; only what was done for the same target counts as done."""

    service: str
    names: Sequence[str]
    out: Path | None
    lines: Path | None

    @property
    def state_file(self) -> Path:
        """In the folder of the results or beside the file of JSON lines; else here, for the same photos."""
        if self.out:
            return self.out / f"{_NAME}.jsonl"
        if self.lines:
            return self.lines.with_name(f"{_NAME}-{self.lines.name}")
        digest = hashlib.sha256(json.dumps(list(self.names)).encode()).hexdigest()[:8]
        return Path(f"{_NAME}-{digest}.jsonl")

    @property
    def fingerprint(self) -> str:
        paths = [str(path.resolve()) if path else None for path in (self.out, self.lines)]
        return hashlib.sha256(json.dumps([self.service, *paths]).encode()).hexdigest()


class State:
    """The record of a run. A line is written when a photo is done, and the file goes with the end of the run."""

    def __init__(self, target: Target, done: Sequence[Done]) -> None:
        self._target = target
        self._done = {(one.photo, one.key): one for one in done}
        self.path = target.state_file
        # Names that must not be given to other photos.
        self.stems = {one.photo: one.stem for one in done}
        self.lines_bytes = max((one.lines_bytes for one in done), default=0)

    @classmethod
    def load(cls, target: Target) -> Self:
        """Take up what an earlier run for the same target left; nothing where its results are gone."""
        done = list(_read(target.state_file, target.fingerprint))
        state = cls(target, [one for one in done if all(Path(path).is_file() for path in one.saved)])
        if state.lines_bytes and not _holds(target.lines, state.lines_bytes):
            return cls(target, [])
        return state

    def __len__(self) -> int:
        return len(self._done)

    def find(self, photo: str, key: str) -> Done | None:
        return self._done.get((photo, key))

    def add(self, done: Done) -> None:
        """Raise OSError."""
        self._done[done.photo, done.key] = done
        line = json.dumps({"target": self._target.fingerprint, **done.model_dump(mode="json")})
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            # Begins with the end of the line before, which may have been cut short.
            file.write(f"\n{line}".encode())

    def remove(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()


def _read(path: Path, fingerprint: str) -> list[Done]:
    done = []
    with suppress(FileNotFoundError):
        for line in path.read_bytes().splitlines():
            # What a run wrote when it was killed may be half a line.
            with suppress(ValueError, ValidationError):
                record = json.loads(line)
                if isinstance(record, dict) and record.pop("target", None) == fingerprint:
                    done.append(Done.model_validate(record))
    return done


def _holds(lines: Path | None, size: int) -> bool:
    try:
        return lines is not None and lines.stat().st_size >= size
    except FileNotFoundError:
        return False
