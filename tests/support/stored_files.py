"""Encode the files in the folder `stored`.

python -m tests.support.stored_files    takes 15 s; the pictures have one colour, so the files take a few kilobytes
"""

import lzma
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from tests.support.large_files import COSTLY_SIDE, STORED, frames, transparent
from tests.support.pictures import heic_of

# Just below `limits.DEEP_IMAGE_PIXELS`.
_DEEP_SIDE: Final = 5_998
# x265's fastest settings for pictures of one colour.
_LARGE_BLOCKS: Final = {"preset": "ultrafast", "x265:ctu": "64", "x265:min-cu-size": "32"}


def deep_heic() -> bytes:
    """Return a 10-bit HEIC with alpha and without chroma subsampling."""
    pixels = np.full((_DEEP_SIDE, _DEEP_SIDE, 4), 1 << 15, np.uint16)
    return heic_of(pixels, "RGBA;16", quality=60, chroma=444, enc_params=_LARGE_BLOCKS)


FILES: Final[Mapping[str, Callable[[], bytes]]] = {
    # HEIC is first: x265 also encodes unused memory at the edges, which compresses well only while it is empty.
    "large_deep.heic": deep_heic,
    "large_alpha.heic": lambda: transparent(COSTLY_SIDE, "HEIC", enc_params=_LARGE_BLOCKS),
    "large_alpha.avif": lambda: transparent(_DEEP_SIDE, "AVIF", subsampling="4:4:4"),
    "large_animated.avif": lambda: frames("AVIF", _DEEP_SIDE),
}


def main() -> None:
    for name, make in FILES.items():
        (STORED / f"{name}.xz").write_bytes(lzma.compress(make(), preset=9))


if __name__ == "__main__":
    main()
