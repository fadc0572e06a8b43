"""A lossless JPEG is decoded exactly or at a reduced size, and refused if it is truncated."""

import cv2
import numpy as np
import pytest
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from facelib.domain.errors import ImageRejected

from tests.support.lossless import lossless
from tests.support.pictures import Picture, astronaut

GREY = np.asarray(cv2.cvtColor(astronaut()[::2, ::2].copy(), cv2.COLOR_RGB2GRAY), np.uint8)


def shown(data: bytes, long_side: int | None = None) -> Picture:
    return np.asarray(decode(data, read_header(data), long_side), np.uint8)


def test_every_grey_level_is_decoded_exactly() -> None:
    assert np.array_equal(shown(lossless(GREY)), np.repeat(GREY[..., None], 3, axis=2))


@pytest.mark.parametrize("long_side", [1, 32, 64, 128, 200])
def test_a_lossless_jpeg_is_decoded_at_a_reduced_size(long_side: int) -> None:
    pixels = shown(lossless(GREY), long_side)
    assert max(pixels.shape) >= long_side
    same = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_LINEAR)[..., 0]
    assert np.abs(same.astype(int) - GREY).mean() < 40


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_lossless_jpeg_is_refused(share: float) -> None:
    data = lossless(GREY)
    with pytest.raises(ImageRejected):
        shown(data[: int(len(data) * share)])
