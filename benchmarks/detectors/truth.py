"""Images with ground truth: WIDER FACE's text format, a JSON file of boxes, or synthetic images."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.pictures import compose, crowd, encoded

# (n, 4): left, top, width, height in pixels.
Boxes = npt.NDArray[np.float64]

# Heights of the faces in the synthetic images.
_HEIGHTS: Final = (10, 14, 20, 32, 64, 128, 256, 500)


@dataclass(frozen=True)
class Sample:
    """An image, its faces, and ignored boxes, on which detections do not count."""

    path: Path
    faces: Boxes
    ignored: Boxes


def boxes(rows: list[list[float]]) -> Boxes:
    return np.array(rows, np.float64).reshape(-1, 4)


def from_wider(truth: Path, images: Path) -> Iterator[Sample]:
    """Read WIDER FACE's `wider_face_val_bbx_gt.txt`: a path, a count and a row per face; invalid faces are ignored."""
    lines = iter(truth.read_text().splitlines())
    for name in lines:
        count = int(next(lines))
        # An image without faces has one row of zeros.
        rows = [[float(part) for part in next(lines).split()] for _ in range(max(count, 1))]
        faces = [row for row in rows if row[2] > 0 and row[3] > 0]
        valid = [row[:4] for row in faces if len(row) < 8 or row[7] == 0]
        invalid = [row[:4] for row in faces if len(row) >= 8 and row[7] != 0]
        if (images / name).is_file():
            yield Sample(images / name, boxes(valid), boxes(invalid))


def from_json(truth: Path, images: Path) -> Iterator[Sample]:
    """Read `{"name.jpg": [{"x", "y", "width", "height"}, ...]}`."""
    for name, faces in json.loads(truth.read_text()).items():
        rows = [[face["x"], face["y"], face["width"], face["height"]] for face in faces]
        yield Sample(images / name, boxes(rows), boxes([]))


def from_folder(images: Path) -> Iterator[Sample]:
    """Yield every image of a folder that Pillow can open, without ground truth."""
    for path in sorted(images.rglob("*")):
        with contextlib.suppress(OSError), Image.open(path):
            yield Sample(path, boxes([]), boxes([]))


def made(folder: Path) -> Iterator[Sample]:
    """Draw a 1,024 x 768 px image for each of eight face heights, with up to 80 copies of one face."""
    folder.mkdir(parents=True, exist_ok=True)
    for tall in _HEIGHTS:
        step = max(round(tall * 1.8), 95)
        rows, columns = range(tall // 2, 769 - tall, step), range(tall // 2, 1025 - tall, step)
        picture, faces = compose(1024, 768, [(left, top, tall) for top in rows for left in columns])
        path = folder / f"crowd_{tall}.jpg"
        path.write_bytes(encoded(picture))
        yield Sample(path, boxes([[face.x, face.y, face.width, face.height] for face in faces]), boxes([]))


def scaled(sample: Sample, factor: float, folder: Path) -> Sample:
    """Save the image scaled by a factor, with its boxes."""
    if factor == 1:
        return sample
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sample.path.stem}_{factor:g}.jpg"
    with Image.open(sample.path) as image:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        path.write_bytes(encoded(image.convert("RGB").resize(size, Image.Resampling.LANCZOS)))
    return Sample(path, sample.faces * factor, sample.ignored * factor)


def photo(folder: Path, width: int) -> Path:
    """Draw a 4:3 photo with grain like a phone's, only for timing."""
    picture, _ = crowd(width, width * 3 // 4, width * 3 // 40)
    grain = np.random.default_rng(1).integers(-6, 7, picture.shape, np.int16)
    path = folder / "photo.jpg"
    path.write_bytes(encoded(np.clip(picture + grain, 0, 255).astype(np.uint8)))
    return path
