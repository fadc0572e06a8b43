"""Detects faces in pixels: networks, image pyramids and the fusion of their detections."""
