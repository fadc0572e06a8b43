"""Assembles JPEGs marker by marker, in forms that few or no encoders write (ITU-T T.81)."""

import math
import struct
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from tests.support.large_files import segment

# Horizontal and vertical sampling factors of each component.
Sampling = Sequence[tuple[int, int]]
FULL: Final[Sampling] = ((1, 1),) * 3

# Every quantizer is 8, so that a block's first coefficient is its mean brightness minus 128.
_QUANTIZERS: Final = segment(0xDB, b"\0" + b"\x08" * 64)
# Twelve four-bit codes for the size of a difference, and a one-bit code for the end of the block.
_TABLES: Final = segment(0xC4, b"\0\0\0\0\x0c" + bytes(12) + bytes(range(12)) + b"\x10\1" + bytes(15) + b"\0")


class _Bits:
    def __init__(self) -> None:
        self._bits: list[str] = []

    def difference(self, value: int) -> None:
        """Append a block with one brightness, as the difference from the previous block (F.1.2.1)."""
        size = abs(value).bit_length()
        code = value if value > 0 else value + (1 << size) - 1
        self._bits.append(f"{size:04b}" + (f"{code:0{size}b}" if size else "") + "0")

    def taken(self) -> bytes:
        """Return and clear the data so far as bytes, padded with one-bits and with a zero byte after each FF."""
        bits = "".join(self._bits)
        self._bits.clear()
        bits += "1" * (-len(bits) % 8)
        return int(bits or "0", 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")


def _brightness(component: int, column: int, row: int) -> int:
    return (column * 37 + row * 59 + component * 83) % 160 - 80


def _mcus(width: int, height: int, sampling: Sampling, members: Sequence[int]) -> Iterator[list[tuple[int, int, int]]]:
    """Yield the blocks of each minimum coded unit, as component, column and row (A.2)."""
    most_x, most_y = (max(factors[axis] for factors in sampling) for axis in (0, 1))
    if len(members) > 1:
        columns, rows, factors = -(-width // (8 * most_x)), -(-height // (8 * most_y)), list(sampling)
    else:
        across, down = sampling[members[0]]
        columns, rows = _blocks(width * across, most_x), _blocks(height * down, most_y)
        factors = [(1, 1)] * len(sampling)
    for row, column in product(range(rows), range(columns)):
        yield [
            (member, column * factors[member][0] + x, row * factors[member][1] + y)
            for member in members
            for y, x in product(range(factors[member][1]), range(factors[member][0]))
        ]


def _blocks(side: int, factor: int) -> int:
    """Return the number of eight-pixel blocks that cover a sampled side, whose length is rounded up first."""
    return math.ceil(math.ceil(side / factor) / 8)


def scan(width: int, height: int, sampling: Sampling, members: Sequence[int], restart: int = 0) -> bytes:
    """Return a scan of some components, with its header; each of its blocks has one brightness."""
    bits, before, data = _Bits(), dict.fromkeys(members, 0), b""
    for number, blocks in enumerate(_mcus(width, height, sampling, members)):
        if restart and number and number % restart == 0:
            data += bits.taken() + bytes((0xFF, 0xD0 + (number // restart - 1) % 8))
            before = dict.fromkeys(members, 0)
        for member, column, row in blocks:
            value = _brightness(member, column, row)
            bits.difference(value - before[member])
            before[member] = value
    selectors = b"".join(bytes((member + 1, 0)) for member in members)
    return segment(0xDA, bytes((len(members),)) + selectors + b"\0\x3f\0") + data + bits.taken()


def frame(width: int, height: int, sampling: Sampling, marker: int = 0xC0) -> bytes:
    parts = (bytes((number, across << 4 | down, 0)) for number, (across, down) in enumerate(sampling, start=1))
    return segment(marker, struct.pack(">BHHB", 8, height, width, len(sampling)) + b"".join(parts))


def handmade(
    width: int, height: int, sampling: Sampling = FULL, *, restart: int = 0, separate: bool = False, end: bool = True
) -> bytes:
    """Return a picture of coloured blocks, with one scan for all components or one scan for each."""
    members: list[Sequence[int]] = [[each] for each in range(len(sampling))] if separate else [range(len(sampling))]
    scans = (scan(width, height, sampling, each, restart) for each in members)
    start = b"\xff\xd8" + _QUANTIZERS + _TABLES + frame(width, height, sampling)
    interval = segment(0xDD, struct.pack(">H", restart)) if restart else b""
    return start + interval + b"".join(scans) + (b"\xff\xd9" if end else b"")
