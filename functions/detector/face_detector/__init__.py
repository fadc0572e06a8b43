"""Face detection: decodes an image, detects faces and draws results. Only `main` and the use cases depend on AWS."""

import os

from facelib.domain import limits

# OpenCV reads this variable once, on import. Its limit is a second safeguard, after the check in `imaging.header`.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(limits.IMAGE_PIXELS))
