"""Where the models stand, and how a detection is compared with the truth."""

import io
from pathlib import Path

import numpy as np
import pytest
from face_models import CENTERFACE, YUNET
from facelib.job import Box
from PIL import Image

from tests.support.pictures import Picture, Truth

# A copy that some development machines have beside the repository.
_SHARED_YUNET = Path(__file__).parents[3] / "shared" / "models" / YUNET.file_name


def model_file(name: str) -> Path:
    """Return where the model stands; skip the test, and say why, where it is nowhere."""
    model = {CENTERFACE.name: CENTERFACE, YUNET.name: YUNET}[name]
    places = [model.path] if model is CENTERFACE else [model.path, _SHARED_YUNET]
    for place in places:
        if place.is_file():
            return place
    pytest.skip(f"The model {name} is not here; `make model MODEL={name}` fetches it.")


def pixels_of(jpeg: bytes) -> Picture:
    """Decode a result to (height, width, 3) uint8 RGB."""
    return np.asarray(Image.open(io.BytesIO(jpeg)), np.uint8)


def overlap(one: Box | Truth, other: Box | Truth) -> float:
    """Intersection over union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    both = max(across, 0) * max(down, 0)
    return both / (one.width * one.height + other.width * other.height - both)
