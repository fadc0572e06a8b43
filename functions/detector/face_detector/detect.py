"""The faces in an image, by one of two networks and as hard as asked."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from face_models import CENTERFACE, MODELS, YUNET
from facelib.job import Box, DetectorInfo, Face, Landmarks, Point, Quality

from face_detector.candidates import CONFIDENCE, Candidates, Network, suppress
from face_detector.centerface import CenterFace
from face_detector.decode import Pixels
from face_detector.views import PLANS, views
from face_detector.yunet import YuNet

# OpenCV says on stderr, at every load, that its new engine runs on the CPU only.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

_NETWORKS: Final[dict[str, Callable[[Path], Network]]] = {CENTERFACE.name: CenterFace, YUNET.name: YuNet}
# Of faces found in two views that overlap by more than this (intersection over union), the surer one stays.
_OVERLAP: Final = 0.4
_LANDMARKS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


class Detector:
    """A network and the views through which it looks."""

    def __init__(self, info: DetectorInfo, network: Network) -> None:
        self.info = info
        self._network = network
        self._plan = PLANS[info.quality]

    @property
    def long_side(self) -> int:
        """The most pixels on the long side that this detector can make use of."""
        return self._plan.most

    @property
    def threshold(self) -> float:
        """The confidence, 0 to 1, from which a face is in the answer unless the job says otherwise."""
        return self._network.threshold

    @property
    def redact_threshold(self) -> float:
        """The confidence, 0 to 1, from which a face is hidden, whatever the answer leaves out."""
        return self._network.redact_threshold

    def find(self, pixels: Pixels, threshold: float) -> Candidates:
        """Look at (height, width, 3) uint8 BGR pixels; by descending confidence, in pixels of this image."""
        found = [
            view.to_image(view.keep(self._network.propose(view.pixels, threshold)))
            for view in views(pixels, self._plan)
        ]
        return suppress(np.concatenate(found), _OVERLAP)

    def release(self) -> None:
        """Give back the memory that the network keeps from one image to the next."""
        self._network.release()


def load_detector(name: str, quality: Quality, model_file: Path | None = None) -> Detector:
    """Load a network by name and run it once, so that the first image does not pay for it.

    The model comes from its place in `face_models` unless another file is given.
    Raises ValueError for a name that does not exist, FileNotFoundError if the model's file is not in place.
    """
    if name not in MODELS:
        raise ValueError(f"There is no detector {name!r}; choose one of {', '.join(sorted(MODELS))}.")
    model = MODELS[name]
    path = model_file or model.path
    if not path.is_file():
        raise FileNotFoundError(f"The model {path} is missing; `make model MODEL={name}` fetches it.")
    version = hashlib.sha256(path.read_bytes()).hexdigest()[: len(model.version)]
    detector = Detector(DetectorInfo(name=name, version=version, quality=quality), _NETWORKS[name](path))
    detector.find(np.zeros((480, 640, 3), np.uint8), detector.threshold)
    return detector


def as_faces(candidates: Candidates, seen: tuple[int, int], upright: tuple[int, int]) -> tuple[Face, ...]:
    """Turn candidates in an image of one size (width, height) into faces in the same of another."""
    to = np.array(upright, np.float64) / seen
    faces = (_as_face(row.astype(np.float64), to, upright) for row in candidates)
    return tuple(face for face in faces if face)


def _as_face(row: npt.NDArray[np.float64], to: npt.NDArray[np.float64], upright: tuple[int, int]) -> Face | None:
    """Cut a candidate to the image; None if nothing of it is left."""
    left_top, right_bottom = np.clip([row[:2] * to, (row[:2] + row[2:4]) * to], 0, upright).round(2)
    sides = (right_bottom - left_top).round(2)
    # Not more than 0: a network may also give what is not a number.
    if not sides.min() > 0:
        return None
    box = Box(x=left_top[0], y=left_top[1], width=sides[0], height=sides[1])
    points = np.clip(row[CONFIDENCE + 1 :].reshape(5, 2) * to, 0, upright).round(2)
    landmarks = Landmarks(**{name: Point(x=x, y=y) for name, (x, y) in zip(_LANDMARKS, points, strict=True)})
    confidence = round(float(np.clip(row[CONFIDENCE], 0, 1)), 4)
    return Face.in_image(*upright, box, confidence, landmarks)
