"""The detector's use cases, each with the stores that it needs."""

from dataclasses import dataclass
from typing import Self

from facelib.stores.jobs.claims import Claims
from facelib.stores.jobs.corrections import StoredCorrections
from facelib.stores.jobs.renders import AddedRenders
from facelib.stores.jobs.retries import Retries
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore

from face_detector.detection.detector import Detector
from face_detector.direct import DirectDetection
from face_detector.on_demand import OnDemand
from face_detector.process import Processing


@dataclass(frozen=True)
class DetectionService:
    processing: Processing
    on_demand: OnDemand
    direct: DirectDetection

    @classmethod
    def of(cls, jobs: JobTable, images: ImageStore, detector: Detector, lease_seconds: int, public_url: str) -> Self:
        return cls(
            Processing(Claims(jobs), Retries(jobs), images, detector, lease_seconds, public_url),
            OnDemand(jobs, AddedRenders(jobs), StoredCorrections(jobs), images, detector, public_url),
            DirectDetection(images, detector),
        )
