"""Face detection: bytes to pixels to faces to bytes. Only `main` and `process` know of AWS."""

import os

from facelib.domain import limits

# OpenCV reads it once, on import. A second line of defence behind `imaging.header`.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(limits.IMAGE_PIXELS))
