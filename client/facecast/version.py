"""The version, which the package's metadata and `facecast --version` give."""

from typing import Final

__version__: Final = "1.0.0"
