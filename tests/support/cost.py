"""Measures the cost of a file as a number of plain photos: how many could be decoded instead.

This number does not depend on the machine's speed. Processor time is measured, which other processes hardly affect.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Final

from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from facelib.domain.errors import ImageRejected
from PIL import Image

from tests.support.pictures import astronaut, encoded, resized

# Without the limits, some files take 50 to 1,000 times as long as a plain photo.
MOST_TIMES: Final = 20


def in_photos(action: Callable[[], object]) -> tuple[str, float]:
    """Return the outcome of an action (`ok` or the reason why the file was rejected), and its cost in plain photos."""
    outcome, seconds = timed(action)
    return outcome, seconds / photo_seconds()


def timed(action: Callable[[], object]) -> tuple[str, float]:
    """Return the outcome of an action as `in_photos` does, and its seconds of processor time."""
    start = time.process_time()
    try:
        action()
        outcome = "ok"
    except ImageRejected as rejected:
        outcome = rejected.failure.reason
    return outcome, time.process_time() - start


@cache
def photo_seconds() -> float:
    """Return the seconds that it takes to read and decode a 4-megapixel PNG, once libraries are loaded."""
    data = encoded(Image.fromarray(resized(astronaut(), 2_000, 2_000)), "PNG")
    return min(timed(lambda: decode(data, read_header(data), None))[1] for _ in range(3))
