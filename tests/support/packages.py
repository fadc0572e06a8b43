"""Packages for tests."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Runnable:
    """A build folder, and a Python that runs it: its path, its version as `3.13`, and options for it."""

    folder: Path
    python: str
    version: str
    options: tuple[str, ...] = ("-B",)

    def compiled(self, source: Path) -> Path:
        """Return where the Python looks for the bytecode of a source."""
        return source.parent / "__pycache__" / f"{source.stem}.cpython-{self.version.replace('.', '')}.pyc"
