"""The use case for images without a job: find the faces, and store nothing."""

from dataclasses import dataclass

from facelib.domain.job import Detection
from facelib.domain.options import Options
from facelib.stores.objects.images import ImageStore

from face_detector.analyse import find_faces
from face_detector.detection.detector import Detector
from face_detector.report import report_detection


@dataclass(frozen=True)
class DirectDetection:
    images: ImageStore
    detector: Detector

    def detect(self, image: bytes | None, key: str | None) -> Detection:
        """Detect faces in these bytes or in the object at this key. Nothing is stored.

        Raises ImageRejected and ObjectMissing.
        """
        data = self.images.original_at(key).data if key else image or b""
        detected = find_faces(data, Options(), self.detector)
        # A separate metric, because `Faces` counts jobs.
        report_detection(detected, "DirectFaces")
        return detected
