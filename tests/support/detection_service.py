"""The detector's use cases with moto behind the stores and a fake detector."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from face_detector.detection.detections import Detections
from face_detector.detection.detector import Detector
from face_detector.service import DetectionService
from facelib.domain import object_keys
from facelib.domain.job import Job
from facelib.domain.options import Options
from facelib.messages.s3_events import OriginalCreated
from facelib.stores import clients
from facelib.stores.objects.images import ImageStore
from PIL import Image

from tests.support.account import Cloud
from tests.support.detector import detections
from tests.support.job_store import JobStore
from tests.support.jobs import DETECTOR, new_job

LEASE = 30
PUBLIC_URL = "https://faces.example"


def png(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


class OneFace(Detector):
    """Finds one face in the middle of every image, without a neural network."""

    def __init__(self) -> None:
        self.info = DETECTOR
        self.during: Callable[[], object] = lambda: None

    @property
    def long_side(self) -> int:
        return 1024

    threshold = 0.5
    redact_threshold = 0.3

    def detect(self, pixels: np.ndarray, threshold: float) -> Detections:
        self.during()
        height, width = pixels.shape[:2]
        return detections((width / 4, height / 4, width / 2, height / 2, 0.9))


class Service:
    """The use cases, with stores in moto and access to the buckets."""

    def __init__(self, account: Cloud) -> None:
        self.jobs = JobStore(account.jobs_table)
        self.images = ImageStore(account.originals_bucket, account.results_bucket)
        self.detector = OneFace()
        self.service = DetectionService.of(self.jobs.table, self.images, self.detector, LEASE, PUBLIC_URL)
        self.account = account

    def upload(self, data: bytes, options: Options | None = None) -> Job:
        job = self.jobs.add(new_job(options=options))
        self.images.add_original(job.job_id, data, "image/png")
        return job

    def objects(self) -> set[str]:
        s3 = clients.s3()
        buckets = (self.account.originals_bucket, self.account.results_bucket)
        return {one["Key"] for name in buckets for one in s3.list_objects_v2(Bucket=name).get("Contents", [])}


def s3_event(*job_ids: str) -> dict[str, Any]:
    """Return S3's event for these originals."""
    return {
        "Records": [
            {"eventSource": "aws:s3", "s3": {"bucket": {"name": "o"}, "object": {"key": object_keys.original(job_id)}}}
            for job_id in job_ids
        ]
    }


def sqs_event(*bodies: str) -> dict[str, Any]:
    """Return the queue's event with these messages."""
    return {
        "Records": [
            {"messageId": str(n), "eventSource": "aws:sqs", "body": body, "receiptHandle": "r"}
            for n, body in enumerate(bodies)
        ]
    }


def uploaded(service: Service, job: Job, data: bytes) -> OriginalCreated:
    """Upload a job's original, as if its form were posted, and return S3's event. A job may have several uploads."""
    response = clients.s3().put_object(
        Bucket=service.account.originals_bucket, Key=object_keys.original(job.job_id), Body=data
    )
    return OriginalCreated(job.job_id, response["ETag"].strip('"'))
