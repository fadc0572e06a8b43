"""Writes files atomically and without following links, because others may be able to write to the same folder."""

import os
import secrets
from pathlib import Path
from typing import Final

# Windows has no such flag.
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_ANYONE: Final = 0o666


def save(folder: Path, name: str, data: bytes) -> Path:
    """Write a file below the folder atomically, and return its path.

    Raises OSError if the file cannot be written, or if a link leads out of the folder.
    """
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise OSError(0, "a symbolic link in its path leads out of the folder", str(path))
    replace(path, data)
    return path


def replace(path: Path, data: bytes, mode: int = _ANYONE) -> None:
    """Replace a file or a link atomically. Raises OSError if the file cannot be written."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = _open(part, os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def append(path: Path, data: bytes, mode: int = _ANYONE) -> None:
    """Append to a file. Raises OSError if the file cannot be written, or if the path is a link."""
    with os.fdopen(_open(path, os.O_APPEND, mode), "ab") as file:
        file.write(data)


def _open(path: Path, flags: int, mode: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | _NOFOLLOW | getattr(os, "O_BINARY", 0) | flags, mode)
