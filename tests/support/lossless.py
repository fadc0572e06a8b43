"""Encodes lossless grey JPEGs (ITU-T T.81, annex H), which exist in archives but which Pillow cannot write."""

import struct
from typing import Final

import numpy as np

from tests.support.large_files import segment
from tests.support.pictures import Picture

# Nine four-bit codes, for differences of up to eight bits.
_TABLE: Final = segment(0xC4, b"\0\0\0\0\x09" + bytes(12) + bytes(range(9)))
_CODE_BITS: Final = 4


def lossless(grey: Picture) -> bytes:
    """Encode (height, width) levels as differences from the level on the left or, in the first column, above."""
    levels = grey.astype(int)
    before = np.empty_like(levels)
    before[:, 1:] = levels[:, :-1]
    before[1:, 0] = levels[:-1, 0]
    before[0, 0] = 128
    bits = "".join(map(_coded, (levels - before).ravel().tolist()))
    bits += "1" * (-len(bits) % 8)
    height, width = grey.shape
    frame = segment(0xC3, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    # One component with table 0; predictor 1.
    scan = segment(0xDA, b"\1\1\0\1\0\0")
    coded = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    return b"\xff\xd8" + frame + _TABLE + scan + coded + b"\xff\xd9"


def _coded(difference: int) -> str:
    size = abs(difference).bit_length()
    value = difference if difference > 0 else difference + (1 << size) - 1
    return f"{size:0{_CODE_BITS}b}" + (f"{value:0{size}b}" if size else "")
