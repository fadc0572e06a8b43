"""The sample photo that an empty page offers: scikit-image's astronaut, written beside the page's other files.

It is in the public domain (Eileen Collins, by NASA) and part of a package that is installed anyway, so it is not
committed.
"""

from pathlib import Path
from typing import Final

import skimage
from PIL import Image

from infra.local.layout import ROOT

SAMPLE: Final = ROOT / "functions" / "api" / "face_api" / "static" / "sample.jpg"


def sample_photo() -> Path:
    """Return the photo as scikit-image ships it."""
    return Path(skimage.__file__).parent / "data" / "astronaut.png"


def write_sample() -> None:
    """Write the page's sample unless it is there."""
    if not SAMPLE.is_file():
        with Image.open(sample_photo()) as photo:
            photo.convert("RGB").save(SAMPLE, quality=88)
