"""Sample jobs and detections."""

from datetime import timedelta

from facelib.domain.corrections import Corrections
from facelib.domain.face import Box, Face, FaceQuality, Landmarks, Point, Pose
from facelib.domain.job import (
    Detection,
    DetectorInfo,
    Failure,
    FailureReason,
    ImageFormat,
    ImageInfo,
    Job,
    Quality,
    Status,
)
from facelib.domain.options import Options
from facelib.messages.events import new_event_id
from facelib.stores import clients
from facelib.stores.jobs.claims import Outcome
from facelib.stores.jobs.idempotency import IdempotentRequest

from tests.support.account import Cloud
from tests.support.job_store import JobStore

DETECTOR = DetectorInfo(name="centerface", version="09189deaaf86", quality=Quality.BALANCED)


def new_job(owner: str = "public", options: Options | None = None, age: timedelta = timedelta(0)) -> Job:
    job = Job.pending(owner, options or Options(), timedelta(days=1))
    return job.model_copy(update={"created_at": job.created_at - age, "expires_at": job.expires_at - age})


def face(confidence: float = 0.9) -> Face:
    points = [Point(x=10.5 + n, y=20.25 + n) for n in range(5)]
    marks = Landmarks(
        left_eye=points[0], right_eye=points[1], nose=points[2], mouth_left=points[3], mouth_right=points[4]
    )
    return Face.in_image(
        (640, 480),
        box=Box(x=5.25, y=7.5, width=64, height=80.75),
        confidence=confidence,
        landmarks=marks,
        pose=Pose(roll=1.5, yaw=-20.1, pitch=3.0) if confidence < 1 else None,
        quality=FaceQuality(brightness=51.2, sharpness=63.4),
    )


def outcome(faces: int = 2) -> Outcome:
    detection = Detection(
        image=ImageInfo(width=640, height=480, format=ImageFormat.JPEG, bytes=12_345),
        faces=tuple(face(0.9 - n / 2000) for n in range(faces)),
        timings_ms={"decode": 4.2, "detect": 88.1},
    )
    return Outcome(detection, DETECTOR, original_etag="e1")


def completed_job(faces: int = 1) -> Job:
    job, detected = new_job(), outcome(faces)
    at = job.created_at + timedelta(seconds=1)
    return job.model_copy(
        update={
            "status": Status.COMPLETED,
            "completed_at": at,
            "event_id": new_event_id(at, job.job_id),
            "detector": detected.detector,
            "face_count": faces,
            **dict(detected.detection),
        }
    )


def corrected_job() -> Job:
    job = completed_job()
    at = job.created_at + timedelta(minutes=3)
    corrections = Corrections(show=(0,))
    return job.model_copy(
        update={"corrections": corrections, "corrected_at": at, "event_id": new_event_id(at, job.job_id)}
    )


def failed_job() -> Job:
    failure = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="cut short")
    nothing = dict.fromkeys(("image", "detector", "face_count", "faces", "timings_ms"))
    return completed_job().model_copy(update={"status": Status.FAILED, "failure": failure, **nothing})


def added(jobs: JobStore, **kind: object) -> Job:
    """Add a new job."""
    return jobs.add(new_job(**kind))  # type: ignore[arg-type]


def form_job(unused: timedelta) -> Job:
    """Create a job whose upload form is valid for this time. Once the form has been used, the job is kept for a day."""
    job = new_job()
    return job.model_copy(update={"expires_at": job.created_at + unused, "kept_until": job.expires_at})


def keyed(fingerprint: str) -> IdempotentRequest:
    """Return a request with an idempotency key and this fingerprint."""
    return IdempotentRequest("my-key", fingerprint)


def raw_item(account: Cloud, job_id: str) -> dict[str, dict[str, str]]:
    return clients.dynamodb().get_item(TableName=account.jobs_table, Key={"job_id": {"S": job_id}})["Item"]  # type: ignore[return-value]
