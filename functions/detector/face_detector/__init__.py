"""Finds the faces in an image: bytes to pixels to faces to bytes. Only `main` and `process` know of AWS."""

import os

from facelib import limits

# OpenCV reads it once, while it is imported: the net below the header check of our own.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(limits.IMAGE_PIXELS))
