"""Reads the segments of a JPEG (ITU-T T.81, annex B), and extracts those that its picture needs."""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

# A marker, but not a stuffed byte (FF00), a fill byte (FFFF), TEM (FF01) or a restart marker (FFD0 to FFD7); see
# B.1.1.3. This is a regular expression, so that the search through the coded data of a scan runs in C.
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd7])")
_SOI: Final = 0xD8
EOI: Final = 0xD9
SOS: Final = 0xDA
APP1: Final = 0xE1
EXIF: Final = b"Exif\0\0"
_APP0, _APP2, _APP14 = 0xE0, 0xE2, 0xEE
# SOF0 to SOF15. Of the other markers in this range, C4 and CC begin tables, and C8 is reserved.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
# The scans of these frames have a predictor instead of spectral bounds (H.1).
_LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
# The segments needed for decoding: frames, Huffman tables, arithmetic conditioning, quantization tables, the restart
# interval and the headers of scans.
_DECODING: Final = frozenset(range(0xC0, 0xD0)) - {0xC8} | {0xDB, 0xDD, SOS}
CODED: Final = 0
_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
# JFIF 1.01 without a thumbnail. The presence of this segment defines the colours (JFIF 1.02); its fields have no
# effect.
_JFIF: Final = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
_ADOBE: Final = struct.Struct(">2sH5s3HB")
# Segments that are read with the header, in addition to the frame's size.
_METADATA: Final = ((APP1, EXIF), (_APP2, b"ICC_PROFILE\0"))
_ALL_COEFFICIENTS: Final = (1 << 64) - 1


class Segment(NamedTuple):
    """A marker and its parameters, or the coded data of a scan, which has the marker `CODED` here.

    Parameters start with their length. `end` is the declared end, which may be beyond the end of the file.
    """

    marker: int
    at: int
    end: int


START: Final = Segment(_SOI, len(_START), len(_START))


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments of the first picture, up to its end marker if it has one."""
    at = len(_START)
    scanned = False
    while match := _MARKER.search(data, at):
        marker, at = match[1][0], match.end()
        if marker == _SOI:
            if scanned:  # another picture, such as a preview after a picture without an end marker
                return
            yield Segment(marker, at, at)
            continue
        if marker == EOI:
            yield Segment(marker, at, at)
            return
        end = at + max(2, int.from_bytes(data[at : at + 2]))
        yield Segment(marker, at, end)
        if marker == SOS:
            scanned = True
            behind = _MARKER.search(data, end)
            at, end = end, behind.start() if behind else max(end, len(data))
            yield Segment(CODED, at, end)
        at = end


@dataclass(frozen=True)
class FrameHeader:
    """The headers of the frame and its scans (B.2.2, B.2.3)."""

    width: int
    height: int
    # The product of the horizontal and the vertical sampling factor of each component, by the component's id.
    sampling: Mapping[int, int]
    progressive: bool
    # The headers of the scans, starting with their length.
    scans: Sequence[bytes]

    def scanned(self) -> int:
        """Return how many coefficients the scans cover in total; each takes time, even in a scan without data."""
        return sum(self._samples(components) for components in map(_components, self.scans))

    def held(self) -> int:
        """Return how many coefficients a decoder holds at once: 0 if one sequential scan has all components."""
        if self.progressive or len(_components(self.scans[0])) < len(self.sampling):
            return self._samples(self.sampling)
        return 0

    def is_complete(self) -> bool:
        """Return whether the scans contain all bits of each coefficient of each component (G.1.1.1)."""
        known = dict.fromkeys(self.sampling, 0)
        for scan in self.scans:
            first, last, precision = struct.unpack_from("3B", scan, 3 + 2 * scan[2])
            done = _ALL_COEFFICIENTS
            if self.progressive:
                done = 0 if precision & 0xF else (1 << last + 1) - (1 << first)
            for component in _components(scan):
                known[component] = known.get(component, 0) | done
        return all(known[component] == _ALL_COEFFICIENTS for component in self.sampling)

    def _samples(self, components: Iterable[int]) -> int:
        share = sum(self.sampling.get(component, 0) for component in components) / max(self.sampling.values())
        return round(self.width * self.height * share)


def _components(scan: bytes) -> bytes:
    """Return the ids of the components in a scan, from its header."""
    return scan[3 : 3 + 2 * scan[2] : 2]


def read_frame(data: bytes, parts: Sequence[Segment]) -> FrameHeader:
    """Read the frame header. Raises ValueError, IndexError or struct.error if it is invalid or missing."""
    marker, at, _ = next((part for part in parts if part.marker in _FRAMES), (0, 0, 0))
    if not marker:
        raise ValueError("no frame")
    _, height, width, count = struct.unpack_from(">BHHB", data, at + 2)
    components = (data[at + 8 + 3 * number : at + 10 + 3 * number] for number in range(count))
    sampling = {component[0]: max(1, (component[1] >> 4) * (component[1] & 0xF)) for component in components}
    if not sampling:
        raise ValueError("a frame without components")
    scans = [data[part.at : part.end] for part in parts if part.marker == SOS]
    return FrameHeader(width, height, sampling, marker in _PROGRESSIVE, scans)


def head(data: bytes) -> bytes:
    """Return the parts needed to read the header: those before the coded data, including EXIF and the profile."""
    parts = list(takewhile(lambda part: part.marker != CODED, segments(data)))
    components = len(read_frame(data, parts).sampling)
    return _START + b"".join(
        bytes((0xFF, marker)) + data[at:end]
        if any(marker == kind and data.startswith(prefix, at + 2) for kind, prefix in _METADATA)
        else _needed(marker, data[at:end], components)
        for marker, at, end in parts
    )


def picture(data: bytes) -> bytes:
    """Return only the parts that the picture needs, with an end marker.

    Leaves out parts that some decoders treat differently from others: bytes between segments, metadata, the JFIF
    version, and spectral bounds that only a progressive scan has. If a decoder still prints a warning, some pixels are
    damaged.
    """
    parts = list(segments(data))
    frame = read_frame(data, parts)
    is_sequential = not frame.progressive and not any(part.marker in _LOSSLESS for part in parts)
    needed = [_START]
    for marker, at, end in parts:
        if marker == SOS and is_sequential:
            bounds = at + 3 + 2 * data[at + 2]
            needed += [b"\xff\xda", data[at:bounds], b"\0\x3f\0", data[bounds + 3 : end]]
        else:
            needed.append(_needed(marker, data[at:end], len(frame.sampling)))
    return b"".join((*needed, _END))


def _needed(marker: int, body: bytes, components: int) -> bytes:
    """Return a segment in the form that decoding needs, or nothing if decoding does not need the segment."""
    if marker == CODED:
        return body
    if marker == _APP0 and body.startswith(b"JFIF\0", 2):
        return _JFIF
    if marker == _APP14 and body.startswith(b"Adobe", 2) and len(body) >= 14:
        # The colour transform. libjpeg knows the values 0 to 2, and treats others as the default.
        transform = body[13] if body[13] <= 2 else (2 if components == 4 else 1)
        return _ADOBE.pack(b"\xff\xee", 14, b"Adobe", 100, 0, 0, transform)
    return bytes((0xFF, marker)) + body if marker in _DECODING else b""
