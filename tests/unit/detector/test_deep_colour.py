"""Values of more than 8 bits are scaled down to 8 bits, never clipped."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from PIL import Image

from tests.support.odd_images import chunk, png
from tests.support.pictures import Picture, heic_of

Deep = npt.NDArray[np.uint16]

HEIGHT, WIDTH = 60, 256
RAMP = np.tile(np.linspace(0, 65535, WIDTH).round().astype(np.uint16), (HEIGHT, 1))
HALF = np.full_like(RAMP, 32768)
COLOURS = np.stack([RAMP, RAMP[:, ::-1], RAMP // 2], axis=-1)
CHANNELS = {"grey": RAMP[..., None], "grey with alpha": np.stack([RAMP, HALF], -1), "colours": COLOURS}
CHANNELS["colours with alpha"] = np.concatenate([COLOURS, HALF[..., None]], -1)
HEIF_MODES = {"grey": "I;16", "grey with alpha": "LA;16", "colours": "RGB;16", "colours with alpha": "RGBA;16"}
PNG_TYPES = {"grey": 0, "grey with alpha": 4, "colours": 2, "colours with alpha": 6}


def png_of(channels: Deep, kind: int, before: bytes = b"") -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in channels)
    return png(WIDTH, HEIGHT, depth=16, colour=kind, idat=zlib.compress(rows), before=before)


def heif_of(channels: Deep, mode: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
    return heic_of(channels, mode, quality=-1, chroma=444)


def shown(data: bytes) -> Picture:
    return np.asarray(decode(data, read_header(data), None)[..., ::-1], np.uint8)


def over_white(channels: Deep) -> Picture:
    colours = channels[..., :-1] if channels.shape[2] in (2, 4) else channels
    alpha = channels[..., -1:] / 65535 if channels.shape[2] in (2, 4) else 1
    return np.broadcast_to((colours / 65535 * alpha + 1 - alpha) * 255, (HEIGHT, WIDTH, 3)).round().astype(np.uint8)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_16_bit_png_is_scaled_to_8_bits(name: str) -> None:
    difference = shown(png_of(CHANNELS[name], PNG_TYPES[name])).astype(int) - over_white(CHANNELS[name])
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("name", CHANNELS)
def test_a_heic_of_more_than_8_bits_is_scaled_to_8_bits(name: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = heif_of(CHANNELS[name], HEIF_MODES[name], bits, monkeypatch)
    assert np.abs(shown(data).astype(int) - over_white(CHANNELS[name])).mean() <= 2


@pytest.mark.parametrize("colour", [0, 1, 65535, int(RAMP[0, 100])])
def test_the_transparent_grey_of_a_16_bit_png_becomes_white(colour: int) -> None:
    pixels = shown(png_of(CHANNELS["grey"], 0, chunk(b"tRNS", struct.pack(">H", colour))))
    right = over_white(CHANNELS["grey"])
    right[colour == RAMP] = 255
    assert np.abs(pixels.astype(int) - right).max() <= 1


@pytest.mark.parametrize("column", [0, 100, 255])
def test_the_transparent_colour_of_a_16_bit_png_becomes_white(column: int) -> None:
    colour = tuple(map(int, COLOURS[0, column]))
    pixels = shown(png_of(COLOURS, 2, chunk(b"tRNS", struct.pack(">3H", *colour))))
    right = over_white(COLOURS)
    right[:, column] = 255
    assert np.abs(pixels.astype(int) - right).max() <= 1


def test_a_transparent_colour_that_no_pixel_has_changes_nothing() -> None:
    # Pillow compares only the low bytes of this colour, which are those of red with 8 bits per channel.
    data = png_of(COLOURS, 2, chunk(b"tRNS", struct.pack(">3H", 0x00FF, 0x7700, 0x7700)))
    assert np.abs(shown(data).astype(int) - over_white(COLOURS)).max() <= 1


@pytest.mark.parametrize("mode", ["I;16", "L", "LA", "1", "P"])
def test_other_depths_agree_with_pillow(mode: str) -> None:
    grey = Image.fromarray((RAMP >> 8).astype(np.uint8))
    image = Image.fromarray(RAMP) if mode == "I;16" else grey.convert(mode)
    target = io.BytesIO()
    image.save(target, "PNG")
    right = np.asarray(grey.convert("1").convert("RGB") if mode == "1" else grey.convert("RGB"))
    assert np.abs(shown(target.getvalue()).astype(int) - right).max() <= 1
