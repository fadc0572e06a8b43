"""Paths of the models, and helpers to compare detections with ground truth."""

import io
from datetime import timedelta
from pathlib import Path
from unittest import SkipTest

import numpy as np
from face_detector.analyse import analyse, find_faces, redraw
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector
from face_models import BEST, MODELS, YUNET
from facelib.domain.face import Box, Face
from facelib.domain.job import Job
from facelib.domain.options import Options, Size
from facelib.domain.renders import Render
from PIL import Image

from tests.support.pictures import Picture, Truth, uncompressed

# A copy of the models, which some development machines have next to the repository.
_SHARED_YUNET = Path(__file__).parents[3] / "shared" / "models" / YUNET.file_name


def model_files(name: str) -> dict[str, Path]:
    """Return the paths of the models of a detector; skip the test with a reason if one is missing."""
    return {each: _model_file(each) for each in (MODELS if name == BEST else [name])}


def models_at_hand() -> dict[str, Path]:
    """Return the path of every model that is present."""
    return {name: path for name in MODELS if (path := _find(name))}


def _model_file(name: str) -> Path:
    path = _find(name)
    if path is None:
        # Not pytest's own exception, because benchmarks and child processes start faster without pytest.
        raise SkipTest(f"The model {name} is missing. Download it: make model MODEL={name}")
    return path


def _find(name: str) -> Path | None:
    paths = [MODELS[name].path, *([_SHARED_YUNET] if name == YUNET.name else [])]
    return next((path for path in paths if path.is_file()), None)


def detections(*rows: tuple[float, float, float, float, float]) -> Detections:
    """Return faces from rows of left, top, width, height and score. All landmarks are in the middle of the box."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    middles = table[:, :2] + table[:, 2:4] / 2
    return Detections(table[:, :4], table[:, 4], np.repeat(middles[:, None], 5, axis=1))


def pixels_of(jpeg: bytes) -> Picture:
    """Decode a result to (height, width, 3) uint8 RGB."""
    return np.asarray(Image.open(io.BytesIO(jpeg)), np.uint8)


def redrawn(data: bytes, options: Options, faces: tuple[Face, ...], render: Render, detector: Detector) -> bytes:
    """Draw another render of a completed job that has these faces."""
    job = Job.pending("public", options, timedelta(days=1)).model_copy(update={"faces": faces})
    return redraw(data, job, (render,), detector)[render]


def overlap(one: Box | Truth, other: Box | Truth) -> float:
    """Return the intersection over union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if across <= 0 or down <= 0:
        return 0
    both = across * down
    return both / (one.width * one.height + other.width * other.height - both)


def faces_in(picture: Picture, detector: Detector, options: Options | None = None) -> tuple[Face, ...]:
    """Detect the faces in a decoded picture."""
    return find_faces(uncompressed(picture), options or Options(), detector).faces


def result(picture: Picture, render: Render, detector: Detector, size: Size = Size.ORIGINAL) -> tuple[Picture, Face]:
    """Detect and render; return the result and the most confident face."""
    done = analyse(uncompressed(picture), Options(render=(render,), size=size), detector)
    return pixels_of(done.results[render]), done.faces[0]
