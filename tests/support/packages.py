"""Built packages, and the Python interpreters that run them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Runnable:
    """A build folder, and the Python that runs it: the interpreter's path, version (such as `3.13`) and options."""

    folder: Path
    python: str
    version: str
    options: tuple[str, ...] = ("-B",)

    def compiled(self, source: Path) -> Path:
        """Return the path where this Python looks for the bytecode of a source file."""
        return source.parent / "__pycache__" / f"{source.stem}.cpython-{self.version.replace('.', '')}.pyc"
