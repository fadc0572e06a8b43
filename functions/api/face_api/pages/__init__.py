"""The web page, the description of the stream (AsyncAPI), and the Content Security Policy of pages."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
