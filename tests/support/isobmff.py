"""Assembles AVIF and HEIC files box by box, in forms that encoders do not write."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from face_detector.imaging.isobmff import boxes

from tests.support.odd_images import flat
from tests.support.pictures import encoded

ALPHA: Final = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
_CODECS: Final = {"AVIF": b"av01", "HEIC": b"hvc1"}
_CONFIGURATIONS: Final = (b"av1C", b"hvcC")


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def size_property(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


@dataclass(frozen=True)
class Item:
    """An item with its data and its properties, which are boxes. If `in_meta`, the data is in the meta box."""

    kind: bytes
    data: bytes
    properties: tuple[bytes, ...]
    in_meta: bool = False


class Coded(NamedTuple):
    """A grey image from an encoder: the decoder's configuration and the coded data."""

    kind: bytes
    configuration: bytes
    data: bytes

    def item(self, width: int, height: int, *properties: bytes) -> Item:
        """Return an item that declares this size for the coded image."""
        depth = full_box(b"pixi", b"\3\x08\x08\x08")
        return Item(self.kind, self.data, (self.configuration, size_property(width, height), depth, *properties))


def coded(side: int, form: str) -> Coded:
    """Encode a square image as AVIF or HEIC."""
    file = encoded(flat(side, side, "RGB"), form)
    properties = _child(_child(_child(file, b"meta")[4:], b"iprp"), b"ipco")
    kind = next(child.kind for child in boxes(properties) if child.kind in _CONFIGURATIONS)
    return Coded(_CODECS[form], box(kind, _child(properties, kind)), _child(file, b"mdat"))


def _child(data: bytes, kind: bytes) -> bytes:
    found = next(child for child in boxes(data) if child.kind == kind)
    return data[found.body_at : found.at + found.length]


def grid(rows: int, columns: int, tile: int, *, in_meta: bool = True) -> Item:
    """Return an item that arranges square tiles in a grid. Cameras store such an item's data in the meta box."""
    width, height = columns * tile, rows * tile
    data = bytes([0, 1, rows - 1, columns - 1]) + struct.pack(">II", width, height)
    return Item(b"grid", data, (size_property(width, height), full_box(b"pixi", b"\3\x08\x08\x08")), in_meta)


def overlay(width: int, height: int, count: int) -> Item:
    """Return an overlay of `count` images. Its canvas has the given size, but the item declares 64 x 64 pixels."""
    canvas = struct.pack(">BB4HII", 0, 1, 0, 0, 0, 65_535, width, height)
    return Item(b"iovl", canvas + bytes(8 * count), (size_property(64, 64),))


class Reference(NamedTuple):
    """References from one item to others. Items are numbered from 1."""

    kind: bytes
    source: int
    targets: Sequence[int]


def derived(item: Item, inputs: Sequence[Item], form: str) -> bytes:
    """Return a file whose picture is `item`, which is derived from the inputs."""
    return file([item, *inputs], form, [Reference(b"dimg", 1, range(2, len(inputs) + 2))])


def file(items: Sequence[Item], form: str, references: Sequence[Reference] = ()) -> bytes:
    """Assemble a file whose picture is the first item. Items with equal data share one copy of it."""
    brand = form.lower().encode()
    start = box(b"ftyp", brand + b"\0\0\0\0mif1" + brand)
    size = len(_meta(items, references, 0))
    media = b"".join(dict.fromkeys(item.data for item in items if not item.in_meta))
    return start + _meta(items, references, len(start) + size + 8) + box(b"mdat", media)


def _meta(items: Sequence[Item], references: Sequence[Reference], media_at: int) -> bytes:
    numbered = list(enumerate(items, start=1))
    in_meta = [item.data for item in items if item.in_meta]
    infos = [full_box(b"infe", struct.pack(">HH4sx", number, 0, item.kind), version=2) for number, item in numbered]
    return full_box(
        b"meta",
        full_box(b"hdlr", b"\0\0\0\0pict" + bytes(13)),
        full_box(b"pitm", struct.pack(">H", 1)),
        _locations(items, media_at),
        full_box(b"iinf", struct.pack(">H", len(items)), *infos),
        *([full_box(b"iref", *map(_reference, references))] if references else []),
        _properties(items),
        *([box(b"idat", *in_meta)] if in_meta else []),
    )


def _reference(reference: Reference) -> bytes:
    numbers = [reference.source, len(reference.targets), *reference.targets]
    return box(reference.kind, struct.pack(f">{len(numbers)}H", *numbers))


def _locations(items: Sequence[Item], media_at: int) -> bytes:
    """Return the box that locates each item as one extent, with a four-byte offset and length (version 1)."""
    in_file: dict[bytes, int] = {}
    in_meta = 0
    entries = []
    for number, item in enumerate(items, start=1):
        if item.in_meta:
            at = in_meta
            in_meta += len(item.data)
        else:
            at = media_at + in_file.setdefault(item.data, sum(map(len, in_file)))
        entries.append(struct.pack(">4HII", number, item.in_meta, 0, 1, at, len(item.data)))
    return full_box(b"iloc", b"\x44\0", struct.pack(">H", len(items)), *entries, version=1)


def _properties(items: Sequence[Item]) -> bytes:
    known = list(dict.fromkeys(each for item in items for each in item.properties))
    associations = (
        struct.pack(">HB", number, len(item.properties)) + bytes(known.index(each) + 1 for each in item.properties)
        for number, item in enumerate(items, start=1)
    )
    return box(b"iprp", box(b"ipco", *known), full_box(b"ipma", struct.pack(">I", len(items)), *associations))
