"""Face detection: decodes an image, detects faces and draws results. Only `main` and the use cases depend on AWS."""

import os

from facelib.domain import limits

# OpenCV reads this variable once, on import. It is a second check, after `imaging.header`.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(limits.IMAGE_PIXELS))
