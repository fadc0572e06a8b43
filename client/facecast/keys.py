"""Reads the key, from the environment or from a file that only its owner can read, never from an argument."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

KEY_VARIABLE: Final = "FACECAST_KEY"
FILE_VARIABLE: Final = "FACECAST_KEY_FILE"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
# A key has about 60 characters.
_AT_MOST_BYTES: Final = 1_000


class KeyUnusable(ValueError):
    """The key cannot be read, or is not valid; the message never repeats it."""


def find_key(environment: Mapping[str, str], key_file: Path | None = None) -> str | None:
    """Return the key from `key_file`, FACECAST_KEY or the file that FACECAST_KEY_FILE names.

    Raises KeyUnusable if the file cannot be read, if others can access it, or if the key is not valid.
    """
    if key_file is not None:
        return read_key(key_file)
    if key := environment.get(KEY_VARIABLE):
        return checked_key(key)
    named = environment.get(FILE_VARIABLE)
    return read_key(Path(named).expanduser()) if named else None


def read_key(path: Path) -> str:
    """Return the key in a file. Raises KeyUnusable if others can access the file, or if the key is not valid."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_mode & _OTHERS:
                raise KeyUnusable(f"Others can read {path}. Restrict its permissions: chmod 600 {path}")
            return checked_key(file.read(_AT_MOST_BYTES).decode())
    except UnicodeDecodeError:
        raise KeyUnusable(f"{path} does not contain a key: it is not text.") from None
    except OSError as error:
        raise KeyUnusable(f"The key file {path} cannot be read: {error.strerror}.") from None


def checked_key(text: str) -> str:
    """Return the key without surrounding spaces. Raises KeyUnusable if it cannot be sent in a header."""
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise KeyUnusable("Invalid key: expected one word such as fc_..._...")
    return key
