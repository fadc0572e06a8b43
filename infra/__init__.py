"""What runs, deploys and checks the service: `python -m infra`."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
