"""Creates virtual environments in `.local/` for other libraries on first use, and talks to worker processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

Response = dict[str, Any]

_ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = {
    "dlib": ["dlib-bin==20.0.1", "numpy"],
    "haar": ["opencv-python-headless==4.14.0.94"],
    # The last version whose package contains the models.
    "mediapipe": ["mediapipe==0.10.14", "pillow"],
}


class NotInstalled(Exception):
    """The library cannot be installed; the message contains the reason."""


def python_for(name: str) -> Path:
    """Return the interpreter for a detector, after installing its packages. Raises NotInstalled if that fails."""
    if name not in _PACKAGES:
        return Path(sys.executable)
    folder = _ROOT / ".local" / f"bench-{name}"
    python = folder / "bin" / "python"
    if (folder / "ready").is_file():
        return python
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_PACKAGES[name]]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], install):
        completed = subprocess.run(command, capture_output=True, text=True, check=False)
        if completed.returncode != 0:
            raise NotInstalled((completed.stderr.strip().splitlines() or ["no reason given"])[-1])
    (folder / "ready").touch()
    return python


def environment(threads: int) -> dict[str, str]:
    return os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))


def read_line(process: subprocess.Popen[str]) -> Response | None:
    """Return the next response of a worker, or None if the worker has exited."""
    assert process.stdout
    line = process.stdout.readline()
    return json.loads(line) if line else None
