"""Finds the Python interpreters on this machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_ASK: Final = "import sys; print('%d.%d' % sys.version_info[:2])"


def find(*versions: str) -> str | None:
    """Return the path of a Python of one of these versions (such as `3.13`): this one, one on the PATH, or pyenv's."""
    names = [sys.executable, *(shutil.which(f"python{version}") for version in versions), shutil.which("python3")]
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    kept = [str(path) for version in versions for path in sorted(pyenv.glob(f"versions/{version}.*/bin/python3"))]
    return next((name for name in [*names, *kept] if name and _version(name) in versions), None)


def _version(python: str) -> str:
    """Return the version that the interpreter prints, or nothing if it does not run: it may be a broken shim."""
    try:
        return subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
