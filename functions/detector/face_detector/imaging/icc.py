"""Checks ICC profiles (ICC.1:2022), and creates them from primaries and a curve."""

import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

_HEADER_BYTES: Final = 128
_ENTRY: Final = struct.Struct(">4sII")
_MAX_TAGS: Final = 100
# Input, display, output and colour space profiles (7.2.7). The others do not describe the colours of a picture.
_CLASSES: Final = frozenset({b"scnr", b"mntr", b"prtr", b"spac"})
_CONNECTION_SPACES: Final = frozenset({b"XYZ ", b"Lab "})
# Lists of processing elements. Elements may share their data, so an element can be as small as eight bytes. But each
# element is evaluated for every colour, so applying a profile of one megabyte could take minutes. A profile with such
# lists also has tables (8.3 to 8.5), which are used instead.
_ELEMENT_LISTS: Final = (b"D2B", b"B2D")

Numbers = npt.NDArray[np.float64]


class Space(StrEnum):
    """Colour spaces of pixels (7.2.6)."""

    RGB = "RGB "
    GREY = "GRAY"
    CMYK = "CMYK"


class Chromaticities(NamedTuple):
    """CIE 1931 x and y of the three primaries and of white."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]


def space(profile: bytes) -> Space | None:
    """Return the colour space of the pixels that a profile describes, or None if the profile is not supported."""
    if len(profile) < _HEADER_BYTES + 4 or profile[36:40] != b"acsp" or profile[12:16] not in _CLASSES:
        return None
    if profile[20:24] not in _CONNECTION_SPACES or int.from_bytes(profile[128:132]) > _MAX_TAGS:
        return None
    return next((one for one in Space if one.encode() == profile[16:20]), None)


def without_element_lists(profile: bytes) -> bytes:
    """Hide the tags whose processing time is not limited by the profile's size."""
    hidden = bytearray(profile)
    for at in range(_HEADER_BYTES + 4, min(len(profile), _HEADER_BYTES + 4 + _MAX_TAGS * _ENTRY.size), _ENTRY.size):
        if profile[at : at + 3] in _ELEMENT_LISTS:
            hidden[at : at + 3] = profile[at : at + 3].lower()
    return bytes(hidden)


def matrix_profile(colours: Chromaticities, curve: Numbers) -> bytes:
    """Create a profile for RGB pixels from chromaticities and a curve.

    The curve gives the linear light (0 to 1) for equally spaced pixel values; a single number is an exponent. Raises
    ValueError for chromaticities that do not define a colour space.
    """
    trc = _curve(curve)
    columns = _primaries_at_d50(colours)
    tags = [
        (b"wtpt", _xyz(_D50)),
        *zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, columns.T), strict=True),
        *((kind, trc) for kind in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    body = b"".join((_count(len(tags)), *_placed(tags)))
    return _header(_HEADER_BYTES + len(body)) + body


# The reference white of profiles (7.2.16), and Bradford's cone responses (annex E).
_D50: Final = np.array([0.9642, 1.0, 0.8249])
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _primaries_at_d50(colours: Chromaticities) -> Numbers:
    """Return the XYZ of red, green and blue as columns, adapted to D50."""
    try:
        *primaries, white = (_xyz_of(*xy) for xy in colours)
        matrix = np.stack(primaries, axis=1)
        matrix = matrix * np.linalg.solve(matrix, white)
        cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
        adapted: Numbers = np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ matrix
    except (ZeroDivisionError, np.linalg.LinAlgError) as error:
        raise ValueError("the primaries do not define a colour space") from error
    if not np.all(np.abs(adapted) < 4):
        raise ValueError("the primaries are far outside the range of real colours")
    return adapted


def _xyz_of(x: float, y: float) -> Numbers:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _header(size: int) -> bytes:
    head = struct.pack(">I4xI4s4s4s", size, 0x0430_0000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    return head.ljust(68, b"\0") + _fixed(_D50).ljust(_HEADER_BYTES - 68, b"\0")


def _placed(tags: list[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yield the entries of the tag table, then the tags' data."""
    at = _HEADER_BYTES + 4 + _ENTRY.size * len(tags)
    for kind, data in tags:
        yield _ENTRY.pack(kind, at, len(data))
        at += len(data)
    yield from (data for _, data in tags)


def _curve(values: Numbers) -> bytes:
    if len(values) == 1:
        return b"para\0\0\0\0\0\0\0\0" + _fixed(values)
    samples = np.round(np.clip(values, 0, 1) * 65535).astype(">u2").tobytes()
    return b"curv\0\0\0\0" + _count(len(values)) + samples + bytes(-len(samples) % 4)


def _xyz(values: Numbers) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _fixed(values: Numbers) -> bytes:
    """Encode numbers as s15Fixed16Numbers."""
    return np.round(values * 65536).astype(">i4").tobytes()


def _count(number: int) -> bytes:
    return struct.pack(">I", number)
