"""Tools that run, deploy and check the service: `python -m infra`."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
