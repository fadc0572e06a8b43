"""Reads the boxes and items of AVIF and HEIC files (ISO/IEC 14496-12 and 23008-12) that determine the decoding cost.

A picture may be derived from others, as a grid is from its tiles. Therefore, a file of ten kilobytes could keep
a decoder busy for minutes, although the size of the picture is allowed.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

# Derivations are nested once or twice, for example tiles in a rotated grid.
_MAX_DEPTH: Final = 8
# The type of a colour description, its primaries and its transfer function (12.1.5).
_NCLX: Final = struct.Struct(">4sHH")


class FileBox(NamedTuple):
    """The position of a box. `length` is the declared length, header included, which may exceed the data."""

    kind: bytes
    at: int
    body_at: int
    length: int


def boxes(data: bytes | memoryview) -> Iterator[FileBox]:
    """Yield the boxes at one level, without the boxes inside them."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if length == 1:  # The length follows as a 64-bit number (ISO/IEC 14496-12, 4.2).
            length, header = int.from_bytes(data[at + 8 : at + 16]), 16
        # A length of 0 means that the box extends to the end of the file.
        yield FileBox(kind, at, at + header, length or len(data) - at)
        if length < header:
            return
        at += length


class Extent(NamedTuple):
    """The position of a part of an item, in the file or in the box `idat` (8.11.3). A length of 0 means the rest."""

    in_meta: bool
    offset: int
    length: int


@dataclass(frozen=True)
class ItemTable:
    """The contents of a meta box, by item id."""

    primary: int
    kinds: Mapping[int, bytes]
    # Width times height.
    pixels: Mapping[int, int]
    # The first bytes of the `colr` boxes, which `nclx` reads.
    colours: Mapping[int, list[bytes]]
    # The items that a picture uses, such as its tiles and its alpha.
    inputs: Mapping[int, list[int]]
    extents: Mapping[int, list[Extent]]
    # The body of the box `idat`.
    in_meta: memoryview

    def data(self, item: int, file: bytes) -> memoryview:
        """Return the bytes of an item. Raises ValueError if its extents overlap or are missing."""
        parts = [self._part(extent, file) for extent in self.extents.get(item, ())]
        if not parts or sum(map(len, parts)) > len(file):
            raise ValueError("an item has no data, or more data than the file")
        return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))

    def size(self, items: Iterable[int], file: bytes) -> int:
        """Return how many bytes are copied when all of these items are read."""
        return sum(len(self._part(extent, file)) for item in items for extent in self.extents.get(item, ()))

    def _part(self, extent: Extent, file: bytes) -> memoryview:
        whole = self.in_meta if extent.in_meta else memoryview(file)
        return whole[extent.offset : extent.offset + extent.length if extent.length else None]

    def nclx(self) -> tuple[int, int] | None:
        """Return the code points (12.1.5) of the primaries and transfer function of the picture or its first tile."""
        first = self.inputs.get(self.primary, [])[:1]
        boxes = (body for item in (self.primary, *first) for body in self.colours.get(item, ()))
        return next((_NCLX.unpack(body)[1:] for body in boxes if body.startswith(b"nclx")), None)

    def reachable(self) -> dict[int, int]:
        """Return the number of pixels to decode for each item of the picture, with the primary item last.

        The number for an item includes its own pixels, and those of each input once for every use. Raises ValueError
        for an item without a size, and for a cycle of items that are derived from each other.
        """
        pixels: dict[int, int] = {}
        self._reach(self.primary, pixels, 0)
        return pixels

    def _reach(self, item: int, pixels: dict[int, int], depth: int) -> int:
        if depth > _MAX_DEPTH:
            raise ValueError("items are derived from each other")
        if item not in self.pixels:
            raise ValueError(f"item {item} has no size")
        if item not in pixels:
            inputs = sum(self._reach(other, pixels, depth + 1) for other in self.inputs.get(item, ()))
            pixels[item] = self.pixels[item] + inputs
        return pixels[item]


def read_items(data: bytes) -> ItemTable:
    """Read the file's meta box. Raises ValueError if it is missing, invalid or not unique."""
    (meta,) = _bodies(memoryview(data), b"meta")
    children = _Fields(meta).rest()
    # If a box occurs twice, libraries differ in which one they use.
    (primary,), (locations,), (infos,), (properties,) = (
        _bodies(children, kind) for kind in (b"pitm", b"iloc", b"iinf", b"iprp")
    )
    return ItemTable(
        primary=_Fields(primary).item(),
        kinds=_kinds(_Fields(infos)),
        pixels=_pixels(properties),
        colours=_colours(properties),
        inputs=_inputs(_bodies(children, b"iref")),
        extents=_extents(_Fields(locations)),
        in_meta=next(iter(_bodies(children, b"idat")), memoryview(b"")),
    )


def _bodies(data: memoryview, kind: bytes) -> list[memoryview]:
    return [data[box.body_at : box.at + box.length] for box in boxes(data) if box.kind == kind]


class _Fields:
    """Reads the big-endian fields of a box that begins with a version and flags."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0
        self.version = self.number(1)
        self.flags = self.number(3)

    def number(self, size: int) -> int:
        """Read a number of `size` bytes. Raises ValueError if the box ends first."""
        start, self._at = self._at, self._at + size
        if self._at > len(self._body):
            raise ValueError("a box ends early")
        return int.from_bytes(self._body[start : self._at])

    def item(self, wide_from: int = 1) -> int:
        """Read an item's id, which is four bytes long in newer versions of the box, and otherwise two."""
        return self.number(4 if self.version >= wide_from else 2)

    def rest(self) -> memoryview:
        return self._body[self._at :]


def _kinds(fields: _Fields) -> dict[int, bytes]:
    fields.number(2 if fields.version == 0 else 4)  # entry_count
    kinds = {}
    for entry in map(_Fields, _bodies(fields.rest(), b"infe")):
        item = entry.item(wide_from=3)
        entry.number(2)  # item_protection_index
        if item in kinds:
            raise ValueError(f"item {item} is declared twice")
        kinds[item] = entry.number(4).to_bytes(4)
    return kinds


def _pixels(properties: memoryview) -> dict[int, int]:
    """Return the number of pixels of each item, from the largest size that its properties state."""
    pixels: dict[int, int] = {}
    for item, kind, body in _associated(properties):
        if kind == b"ispe":
            pixels[item] = max(pixels.get(item, 0), _size(_Fields(body)))
    return {item: size for item, size in pixels.items() if size}


def _size(fields: _Fields) -> int:
    return fields.number(4) * fields.number(4)


def _colours(properties: memoryview) -> dict[int, list[bytes]]:
    colours: defaultdict[int, list[bytes]] = defaultdict(list)
    for item, kind, body in _associated(properties):
        if kind == b"colr":
            colours[item].append(bytes(body[: _NCLX.size]))
    return colours


def _associated(properties: memoryview) -> Iterator[tuple[int, bytes, memoryview]]:
    """Yield each item with the type and the body of each of its properties."""
    (container,) = _bodies(properties, b"ipco")
    every = [(box.kind, container[box.body_at : box.at + box.length]) for box in boxes(container)]
    for fields in map(_Fields, _bodies(properties, b"ipma")):
        for _ in range(fields.number(4)):
            item = fields.item()
            for _ in range(fields.number(1)):
                # The first bit marks essential properties.
                index = fields.number(2) & 0x7FFF if fields.flags & 1 else fields.number(1) & 0x7F
                if 0 < index <= len(every):
                    yield item, *every[index - 1]


def _inputs(references: list[memoryview]) -> dict[int, list[int]]:
    inputs: defaultdict[int, list[int]] = defaultdict(list)
    for fields in map(_Fields, references):
        rest = fields.rest()
        letter, size = ("I", 4) if fields.version else ("H", 2)
        for box in boxes(rest):
            body = rest[box.body_at : box.at + box.length]
            source, count = struct.unpack_from(f">{letter}H", body)
            targets = struct.unpack_from(f">{count}{letter}", body, size + 2)
            if box.kind == b"dimg":
                inputs[source] += targets
            elif box.kind == b"auxl":
                for target in targets:
                    inputs[target].append(source)
    return inputs


def _extents(fields: _Fields) -> dict[int, list[Extent]]:
    sizes = fields.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 0xF for shift in (12, 8, 4, 0))
    extents: defaultdict[int, list[Extent]] = defaultdict(list)
    for _ in range(fields.item(wide_from=2)):
        item = fields.item(wide_from=2)
        in_meta = bool(fields.version and fields.number(2) & 0xF)  # construction_method
        fields.number(2)  # data_reference_index
        base = fields.number(base_size)
        for _ in range(fields.number(2)):
            fields.number(index_size if fields.version else 0)
            extents[item].append(Extent(in_meta, base + fields.number(offset_size), fields.number(length_size)))
    return extents
