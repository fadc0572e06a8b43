"""Pixels to detections: networks, image pyramids and the fusion of their detections."""
