"""Reads the units of an AV1 bitstream that determine the cost of decoding (AV1 bitstream specification 1.0.0)."""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

# 6.2.2: types of units.
_SEQUENCE_HEADER: Final = 1
_FRAMES: Final = frozenset({3, 6})  # a frame header, or a frame with its header

# The frame's size is within about the first 400 bytes of a sequence header, after up to 32 operating points.
_SEQUENCE_HEADER_BYTES: Final = 512


class Stream(NamedTuple):
    """The size of the largest frame that the sequence headers allow, and the numbers of frames and of units."""

    max_pixels: int
    frames: int
    units: int


def read_stream(data: memoryview, max_units: int) -> Stream:
    """Read the units, up to `max_units` + 1. Raises ValueError or IndexError for a malformed stream."""
    units = list(islice(_units(data), max_units + 1))
    return Stream(
        max_pixels=max((_frame_pixels(body) for kind, body in units if kind == _SEQUENCE_HEADER), default=0),
        frames=sum(kind in _FRAMES for kind, _ in units),
        units=len(units),
    )


def _units(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the type and the body of each unit (5.3)."""
    at = 0
    while at < len(data):
        header = data[at]
        if header & 0x80:
            raise ValueError("the forbidden bit is set")
        at += 2 if header & 0x04 else 1  # one byte of extension
        size = len(data) - at
        if header & 0x02:
            size, at = _leb128(data, at)
        yield header >> 3 & 0xF, data[at : at + size]
        at += size


def _leb128(data: memoryview, at: int) -> tuple[int, int]:
    """Return a number of at most 8 bytes and the position after it (4.10.5)."""
    value = 0
    for byte in range(8):
        value |= (data[at + byte] & 0x7F) << 7 * byte
        if not data[at + byte] & 0x80:
            return value, at + byte + 1
    raise ValueError("a length is longer than 8 bytes")


class _Bits:
    """Reads numbers, most significant bit first."""

    def __init__(self, data: memoryview) -> None:
        self._data = int.from_bytes(data)
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("the sequence header ends early")
        return self._data >> self._left & (1 << count) - 1


def _frame_pixels(header: memoryview) -> int:
    """Return the product of max_frame_width and max_frame_height in a sequence header (5.5.1)."""
    bits = _Bits(header[:_SEQUENCE_HEADER_BYTES])
    bits.read(4)  # seq_profile, still_picture
    if bits.read(1):  # reduced_still_picture_header
        bits.read(5)  # seq_level_idx
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return (bits.read(width_bits) + 1) * (bits.read(height_bits) + 1)


def _skip_operating_points(bits: _Bits) -> None:
    decoder_model = False
    delay_bits = 0
    if bits.read(1):  # timing_info_present_flag
        _skip_timing_info(bits)
        decoder_model = bool(bits.read(1))
        if decoder_model:
            delay_bits = bits.read(5) + 1
            bits.read(42)  # num_units_in_decoding_tick and two lengths of 5 bits
    initial_display_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)  # operating_point_idc
        if bits.read(5) > 7:  # seq_level_idx
            bits.read(1)  # seq_tier
        if decoder_model and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if initial_display_delay and bits.read(1):
            bits.read(4)


def _skip_timing_info(bits: _Bits) -> None:
    bits.read(64)  # num_units_in_display_tick, time_scale
    if bits.read(1):  # equal_picture_interval: num_ticks_per_picture_minus_1 in uvlc (4.10.3)
        zeros = 0
        while not bits.read(1):
            zeros += 1
        if zeros < 32:
            bits.read(zeros)
