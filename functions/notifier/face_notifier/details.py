"""The details of events on the bus; docs/eventbridge.schema.json is made from these models.

Faces are left out. A thousand of them would be more than the 256 KB that EventBridge takes, and what is on a bus lies
outside of what deleting a job can reach. An event names the objects and the address that have them.
"""

from datetime import datetime
from typing import ClassVar, Final

from facelib import keys
from facelib.events import new_event_id
from facelib.job import DetectorInfo, Failure, Frozen, ImageInfo, Job, Render, Status
from facelib.links import job_url
from facelib.settings import NotifierSettings
from facelib.stores.event_bus import BusEvent
from pydantic import AwareDatetime, Field


class Results(Frozen):
    """What was made of a photo, as objects in S3. They go when the job goes."""

    bucket: str
    renders: dict[Render, str] = Field(description="The key of each result, a JPEG.")


class JobDetail(Frozen):
    """What every event says of its job."""

    detail_type: ClassVar[str]

    event_id: str = Field(description="Unique to what happened: an event that comes twice has it twice.")
    job_id: str
    owner: str


class JobEnded(JobDetail):
    created_at: AwareDatetime
    completed_at: AwareDatetime = Field(description="When it was completed or failed.")
    expires_at: AwareDatetime = Field(description="When the job and its objects are deleted; no event tells of that.")
    job_url: str = Field(description="The job with its faces, in the API.")


class JobCompleted(JobEnded):
    detail_type = "Job Completed"

    image: ImageInfo
    detector: DetectorInfo
    face_count: int
    results: Results


class JobFailed(JobEnded):
    detail_type = "Job Failed"

    failure: Failure


class JobDeleted(JobDetail):
    """Somebody deleted the job: what a consumer has copied of it is to be deleted, too."""

    detail_type = "Job Deleted"

    deleted_at: AwareDatetime


DETAILS: Final = (JobCompleted, JobFailed, JobDeleted)


def ended_event(job: Job, settings: NotifierSettings) -> BusEvent:
    """Make the event of a job that is completed or failed. Raises pydantic's ValidationError if it makes no sense."""
    ended = {
        **{name: getattr(job, name) for name in JobEnded.model_fields if name != "job_url"},
        "job_url": job_url(settings.public_url, job.job_id),
    }
    if job.status is Status.FAILED:
        failed = JobFailed.model_validate({**ended, "failure": job.failure})
        return _bus_event(failed, failed.completed_at)
    renders = {render: keys.result(job.job_id, render) for render in job.options.render}
    completed = JobCompleted.model_validate(
        {
            **ended,
            "image": job.image,
            "detector": job.detector,
            "face_count": job.face_count,
            "results": Results(bucket=settings.results_bucket, renders=renders),
        }
    )
    return _bus_event(completed, completed.completed_at)


def deleted_event(job_id: str, owner: str, at: datetime) -> BusEvent:
    """Make the event of a deletion; the same one for the same moment."""
    deleted = JobDeleted(event_id=new_event_id(at, job_id), job_id=job_id, owner=owner, deleted_at=at)
    return _bus_event(deleted, at)


def _bus_event(detail: JobDetail, at: datetime) -> BusEvent:
    return BusEvent(detail_type=detail.detail_type, time=at, detail=detail.model_dump_json())
