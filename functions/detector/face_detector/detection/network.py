"""The interface of a network."""

from typing import Protocol

from face_detector.detection.detections import Detections
from face_detector.imaging.pixels import Pixels


class Network(Protocol):
    """A loaded model, for images of any size."""

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        """Run one forward pass on the pixels, unscaled; scores are at or above the threshold."""
        ...

    def reload(self) -> None:
        """Load the model again, which frees the buffers of the largest image so far."""
        ...
