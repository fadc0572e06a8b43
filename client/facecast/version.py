"""The version, used by the package's metadata and `facecast --version`."""

from typing import Final

__version__: Final = "1.0.0"
