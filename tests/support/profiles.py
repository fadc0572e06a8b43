"""ICC profiles that tests assemble (ICC.1:2022), and the colours they produce, calculated without a colour engine."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.support.pictures import Picture

Colours = npt.NDArray[np.float64]

# XYZ of red, green and blue as rows, adapted to D50.
_SRGB: Final = np.array([(0.43607, 0.22249, 0.01392), (0.38515, 0.71688, 0.09708), (0.14307, 0.06061, 0.71410)])
_DISPLAY_P3: Final = np.array([(0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)])
_ADOBE_RGB: Final = np.array([(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)])
# 0 means the curve of sRGB.
_SRGB_CURVE: Final = 0.0


@dataclass(frozen=True)
class MatrixProfile:
    """Primaries, and the exponent of their curve."""

    primaries: Colours
    exponent: float

    @property
    def icc(self) -> bytes:
        tags = {kind: _xyz(xyz) for kind, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), self.primaries, strict=True)}
        return profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(self.exponent)))

    def as_srgb(self, picture: Picture) -> Picture:
        """Return the sRGB colours that a viewer shows if it applies the profile."""
        light = _linear(picture) if self.exponent == _SRGB_CURVE else (picture / 255) ** self.exponent
        return encoded_light(light @ self.primaries @ np.linalg.inv(_SRGB))


PROFILES: Final[Mapping[str, MatrixProfile]] = {
    "Display P3": MatrixProfile(_DISPLAY_P3, _SRGB_CURVE),
    "Adobe RGB": MatrixProfile(_ADOBE_RGB, 563 / 256),
    "red is green": MatrixProfile(_SRGB[[1, 0, 2]], _SRGB_CURVE),
    "linear": MatrixProfile(_SRGB, 1.0),
}
SRGB: Final = MatrixProfile(_SRGB, _SRGB_CURVE)


def encoded_light(light: Colours) -> Picture:
    """Encode linear light as sRGB pixels (IEC 61966-2-1)."""
    light = np.clip(light, 0, 1)
    return np.round(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255).astype(
        np.uint8
    )


def _linear(picture: Picture) -> Colours:
    values = picture / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def profile(space: bytes, tags: Mapping[bytes, bytes], kind: bytes = b"mntr", connection: bytes = b"XYZ ") -> bytes:
    """Assemble a profile from its tags."""
    white = b"wtpt", _xyz((0.9642, 1, 0.8249))
    entries, bodies, at = b"", b"", 132 + 12 * (len(tags) + 1)
    for name, data in (white, *tags.items()):
        entries += name + struct.pack(">II", at + len(bodies), len(data))
        bodies += data + bytes(-len(data) % 4)
    body = struct.pack(">I", len(tags) + 1) + entries + bodies
    header = struct.pack(">I4xI4s4s4s12x4s", 128 + len(body), 0x0420_0000, kind, space, connection, b"acsp")
    return (header.ljust(68, b"\0") + _fixed(0.9642, 1, 0.8249)).ljust(128, b"\0") + body


def curve(exponent: float) -> bytes:
    if exponent == _SRGB_CURVE:
        return b"para\0\0\0\0\0\3\0\0" + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para\0\0\0\0\0\0\0\0" + _fixed(exponent)


def table(corners: Sequence[Sequence[float]]) -> bytes:
    """Return a lut8Type with two grid points per channel. Each corner is (L, a, b); the last channel varies fastest."""
    channels = len(corners).bit_length() - 1
    steps = bytes(range(256))
    nodes = b"".join(bytes((round(light * 2.55), round(a + 128), round(b + 128))) for light, a, b in corners)
    head = struct.pack(">4s4xBBBx", b"mft1", channels, 3, 2) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return head + steps * channels + nodes + steps * 3


def _xyz(values: Sequence[float] | Colours) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
