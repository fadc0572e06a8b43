"""The web page, and what pages may load."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
