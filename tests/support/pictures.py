"""Creates pictures from one real face, which is placed, scaled and rotated, so that the ground truth is known.

The face is that of Eileen Collins, from the NASA photo (public domain) that the web page offers as a sample.
"""

import functools
import io
import struct
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

from infra.local.layout import SAMPLE_PHOTO

# (height, width, 3) uint8, red first.
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Truth:
    """The position of a face: left, top, width and height in pixels."""

    x: float
    y: float
    width: float
    height: float


# From hairline to chin and ear to ear, measured manually in the 512 x 512 picture.
FACE: Final = Truth(176, 58, 98, 122)
# The part to be pasted elsewhere: the head with its hair, without the helmet.
_HEAD: Final = Truth(120, 0, 210, 220)
_GREY: Final = 128


@functools.cache
def _original() -> Picture:
    with Image.open(SAMPLE_PHOTO) as photo:
        picture = np.array(photo)
    picture.setflags(write=False)
    return picture


def astronaut() -> Picture:
    """Return a picture of 512 x 512 pixels with one face, at `FACE`."""
    return _original().copy()


def resized(picture: Picture, width: int, height: int) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS), np.uint8)


def compose(
    width: int, height: int, faces: Sequence[tuple[int, int, int]], background: Picture | None = None
) -> tuple[Picture, list[Truth]]:
    """Paste heads, each given as the left, top and height of its face. Return the picture and the ground truth."""
    canvas = np.full((height, width, 3), _GREY, np.uint8) if background is None else background.copy()
    truth = []
    for left, top, tall in faces:
        factor = tall / FACE.height
        _paste(canvas, _head(factor), left - round((FACE.x - _HEAD.x) * factor), top - round(FACE.y * factor))
        truth.append(Truth(left, top, FACE.width * factor, tall))
    return canvas, truth


@functools.lru_cache(maxsize=16)
def _head(factor: float) -> Picture:
    head = _original()[: round(_HEAD.height), round(_HEAD.x) : round(_HEAD.x + _HEAD.width)]
    return resized(head, max(1, round(_HEAD.width * factor)), max(1, round(_HEAD.height * factor)))


def _paste(canvas: Picture, part: Picture, left: int, top: int) -> None:
    """Paste the part of the head that is inside the picture."""
    height, width = canvas.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + part.shape[1], width), min(top + part.shape[0], height)
    if x0 < x1 and y0 < y1:
        canvas[y0:y1, x0:x1] = part[y0 - top : y1 - top, x0 - left : x1 - left]


def crowd(width: int, height: int, tall: int) -> tuple[Picture, list[Truth]]:
    """Return a grid of faces of this height on a grey background."""
    step_x, step_y = round(tall * 2.2), round(tall * 2.2)
    places = [
        (left, top, tall)
        for top in range(round(tall * 0.7), height - round(tall * 1.4), step_y)
        for left in range(round(tall * 0.7), width - round(tall * 1.4), step_x)
    ]
    return compose(width, height, places)


def rotated(picture: Picture, degrees: float) -> Picture:
    """Rotate counter-clockwise around the centre, and keep the picture's size; empty areas are grey."""
    turned = Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(_GREY,) * 3)
    return np.asarray(turned, np.uint8)


# How to convert upright pixels to stored ones, for each EXIF orientation (EXIF 2.32, tag 274).
_STORED: Final[dict[int, list[Image.Transpose]]] = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}
ORIENTATIONS: Final = tuple(_STORED)


def turned(picture: Picture, orientation: int, form: str = "JPEG", **options: object) -> bytes:
    """Encode a picture so that it is upright in a viewer that applies the EXIF orientation."""
    image = Image.fromarray(picture)
    for step in _STORED[orientation]:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(np.asarray(image, np.uint8), form, exif=exif.tobytes(), **options)


_DEFAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "JPEG": {"quality": 90},
    "PNG": {"compress_level": 1},
    "WEBP": {"quality": 90},
    "AVIF": {"quality": 90, "speed": 10},
    "HEIC": {"quality": 90, "enc_params": {"preset": "ultrafast"}},
}


def encoded(picture: Picture | Image.Image, form: str = "JPEG", **options: object) -> bytes:
    """Encode in this format, by default in good quality and with fast settings."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    options = {**_DEFAULTS.get(form, {}), **options}
    target = io.BytesIO()
    if form == "HEIC":
        # pillow_heif is not registered with Pillow, so that the service's own decoder is tested.
        pillow_heif.from_pillow(image).save(target, **options)
    else:
        image.save(target, form, **options)
    return target.getvalue()


def uncompressed(picture: Picture) -> bytes:
    """Encode as a PNG without compression, which takes a tenth of the time."""
    height, width = picture.shape[:2]
    # Each row begins with the number of its filter; 0 means that the row is not filtered.
    rows = np.pad(picture.reshape(height, -1), ((0, 0), (1, 0)))
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR" + size, b"IDAT" + zlib.compress(rows.data, 0), b"IEND")
    parts = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def saved(folder: Path, data: bytes, suffix: str = ".jpg") -> Path:
    """Write a photo under a unique name, because the stream also contains other tests' photos."""
    path = folder / f"{uuid.uuid4()}{suffix}"
    path.write_bytes(data)
    return path


def heic_of(channels: npt.NDArray[np.generic], mode: str, **options: object) -> bytes:
    """Encode pixels (height, width, channels) as HEIC; the mode is pillow_heif's, for example `RGBA;16`."""
    height, width = channels.shape[:2]
    target = io.BytesIO()
    pillow_heif.from_bytes(mode, (width, height), np.ascontiguousarray(channels).tobytes()).save(target, **options)
    return target.getvalue()
