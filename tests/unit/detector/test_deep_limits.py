"""The pixel limit is lower for AVIFs with alpha, and for HEICs that have over 8 bits, and also alpha or 4:4:4."""

from typing import NamedTuple

import numpy as np
import pytest
from face_detector.imaging.header import read_header
from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason
from PIL import Image

from tests.support.odd_images import claiming
from tests.support.pictures import encoded, heic_of

SIDE = 64


class Kind(NamedTuple):
    form: str
    mode: str
    chroma: int = 444

    def made(self, width: int, height: int) -> bytes:
        """Create a small file whose header declares this size."""
        return claiming(self._small(), (SIDE, SIDE), (width, height))

    def _small(self) -> bytes:
        if self.form == "AVIF":
            return encoded(Image.new(self.mode, (SIDE, SIDE)), "AVIF", subsampling="4:4:4")
        channels = 4 if "A" in self.mode else 3
        pixels = np.zeros((SIDE, SIDE, channels), np.uint16 if self.mode.endswith("16") else np.uint8)
        return heic_of(pixels, self.mode, quality=60, chroma=self.chroma)


DEEP = (
    Kind("AVIF", "RGBA"),
    Kind("HEIC", "RGBA;16"),
    Kind("HEIC", "RGBA;16", chroma=420),
    Kind("HEIC", "RGB;16"),
)
# Includes the files that phones write: 8 bits, or 10 bits with half the colour resolution.
NOT_DEEP = (Kind("AVIF", "RGB"), Kind("HEIC", "RGBA"), Kind("HEIC", "RGB"), Kind("HEIC", "RGB;16", chroma=420))


@pytest.mark.parametrize("kind", DEEP, ids=map(str, DEEP))
def test_a_deep_image_with_too_many_pixels_is_refused(kind: Kind) -> None:
    read_header(kind.made(6_000, limits.DEEP_IMAGE_PIXELS // 6_000))
    with pytest.raises(ImageRejected, match="the maximum is 36 megapixels") as rejected:
        read_header(kind.made(6_000, limits.DEEP_IMAGE_PIXELS // 6_000 + 1))
    assert rejected.value.failure.reason is FailureReason.TOO_MANY_PIXELS


@pytest.mark.parametrize("kind", NOT_DEEP, ids=map(str, NOT_DEEP))
def test_a_50_megapixel_photo_from_a_phone_is_accepted(kind: Kind) -> None:
    header = read_header(kind.made(8_192, 6_144))
    assert (header.width, header.height) == (8_192, 6_144)
