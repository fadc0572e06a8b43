"""What a detector asks of a network."""

from typing import Protocol

from face_detector.detection.detections import Detections
from face_detector.imaging.pixels import Pixels


class Network(Protocol):
    """One model, loaded; it takes images of any size, one after the other."""

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        """Run once on the pixels as they are, without scaling them; the scores are at least the threshold."""
        ...

    def reload(self) -> None:
        """Give back the memory kept from the largest image so far; the next one pays for the loading again."""
        ...
