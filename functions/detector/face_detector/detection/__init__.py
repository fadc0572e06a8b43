"""Pixels to detections: the networks, the sizes in which they are shown an image, and how their findings agree."""
