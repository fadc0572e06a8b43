"""The decoding cost of an AV1 stream follows from its units (AV1 bitstream specification, 5.3 and 5.5)."""

import pytest
from face_detector.imaging.av1 import read_stream

SIZE_BITS = "1111" + "1111"  # 16 bits each for width and height
SIZE = f"{1_919:016b}{1_079:016b}"


def unit(kind: int, body: bytes, *, extension: bool = False, sized: bool = True) -> bytes:
    header = kind << 3 | extension << 2 | sized << 1
    return bytes([header, *([0x20] if extension else []), *([len(body)] if sized else [])]) + body


def sequence_header(*fields: str) -> bytes:
    bits = "".join(fields) + SIZE_BITS + SIZE
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))


STILL = ("000", "1", "1", "01000")
VIDEO = ("000", "0", "0")
TIMING = "1" + "0" * 64
ONE_POINT = "0" * 12 + "01000" + "1"  # level 8 and its tier
# A decoder model with 5-bit delays, and an operating point to which it applies and that has a display delay.
MODEL = "1" + "00100" + "0" * 42
FULL_POINT = ONE_POINT + "1" + "0" * 11 + "1" + "0000"


@pytest.mark.parametrize(
    "fields",
    [
        STILL,
        (*VIDEO, "0", "0", "00000", ONE_POINT),
        (*VIDEO, "0", "0", "00001", ONE_POINT, "0" * 12 + "00111"),
        (*VIDEO, TIMING, "0", "0", "0", "00000", ONE_POINT),
        (*VIDEO, TIMING, "1" + "00101", "0", "0", "00000", ONE_POINT),
        (*VIDEO, TIMING, "0", MODEL, "1", "00000", FULL_POINT),
    ],
    ids=["still", "video", "layers", "timing", "equal intervals", "decoder model"],
)
def test_the_size_is_read_after_all_optional_fields(fields: tuple[str, ...]) -> None:
    stream = read_stream(memoryview(unit(2, b"") + unit(1, sequence_header(*fields))), 100)
    assert stream == (1_920 * 1_080, 0, 2)


def test_frames_and_units_are_counted() -> None:
    frame, header, tiles = unit(6, b"x" * 9), unit(3, b"x", extension=True), unit(4, b"x" * 20, sized=False)
    assert read_stream(memoryview(frame + header + tiles), 100) == (0, 2, 3)
    assert read_stream(memoryview(frame * 1_000), 100).units == 101


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        unit(6, b"")[:1],
        b"\x32" + b"\xff" * 9,
        unit(1, sequence_header(*STILL)[:4]),
        unit(1, sequence_header(*VIDEO, "1" + "0" * 64 + "1" + "0" * 200)),
    ],
    ids=["forbidden bit", "no length", "endless length", "cut header", "endless interval"],
)
def test_a_stream_that_cannot_be_read_is_an_error(data: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_stream(memoryview(data), 100)
