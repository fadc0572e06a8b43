"""The details of events on the bus; docs/eventbridge.schema.json is generated from these models.

Faces are left out. A thousand of them would exceed the 256 KB that EventBridge accepts, and deleting a job cannot
remove data from a bus. Instead, an event contains the URL of the job, which returns its faces, and the object keys of
its results.
"""

from typing import Final

from facelib.domain import object_keys
from facelib.domain.frozen import Frozen
from facelib.domain.job import DetectorInfo, Failure, ImageInfo, Job, Status, Tombstone
from facelib.domain.renders import Render
from facelib.messages.events import corrected_at, event_time
from facelib.messages.job_fields import with_job_fields
from facelib.messages.links import job_url
from facelib.settings import NotifierSettings
from facelib.stores.queues.event_bus import BusEvent
from pydantic import AwareDatetime, ConfigDict, Field


class Results(Frozen):
    """The results of a photo, as objects in S3. They are deleted with the job."""

    bucket: str
    renders: dict[Render, str] = Field(description="The object key of each result.")
    faces_json: str | None = Field(
        description="The object key of the job as JSON, if it was requested or the photo came from the drop folder."
    )


class JobDetail(Frozen):
    """The fields of every event."""

    event_id: str = Field(description="Unique per event; if an event is delivered twice, both copies have the same id.")
    job_id: str
    owner: str


@with_job_fields(lambda mark: mark.bus)
class EndedDetail(JobDetail):
    completed_at: AwareDatetime = Field(description="When the job completed or failed.")
    expires_at: AwareDatetime = Field(description="When the job and its objects expire; no event is sent then.")
    job_url: str = Field(description="The URL of the job with its faces.")


class JobCompleted(EndedDetail):
    image: ImageInfo
    detector: DetectorInfo
    face_count: int
    results: Results


class CorrectedDetail(JobCompleted):
    """Results that hide faces were drawn again, under the same keys, because someone corrected them."""

    # The name in the contract; the stream has its own JobCorrected.
    model_config = ConfigDict(title="JobCorrected")

    corrected_at: AwareDatetime


class JobFailed(EndedDetail):
    failure: Failure


class DeletedDetail(JobDetail):
    """The job was deleted. Consumers must delete their copies."""

    # The name in the contract; the stream has its own JobDeleted.
    model_config = ConfigDict(title="JobDeleted")

    deleted_at: AwareDatetime


DETAILS: Final = (JobCompleted, CorrectedDetail, JobFailed, DeletedDetail)


def bus_event(job: Job | Tombstone, settings: NotifierSettings) -> BusEvent:
    """Return the latest event of a completed, failed or deleted job. Raises ValueError if the job is malformed."""
    if isinstance(job, Tombstone):
        return _deleted(job)
    url = job_url(settings.public_url, job.job_id)
    return _failed(job, url) if job.status is Status.FAILED else _completed(job, url, settings.results_bucket)


def _fields(detail: type[EndedDetail], job: Job) -> dict[str, object]:
    """Return the fields that a detail shares with the job."""
    return {name: getattr(job, name) for name in detail.model_fields if name in Job.model_fields}


def _completed(job: Job, url: str, bucket: str) -> BusEvent:
    renders = {render: object_keys.result(job.job_id, render) for render in job.options.results}
    faces_json = object_keys.faces_json(job.job_id) if job.options.faces_json else None
    results = Results(bucket=bucket, renders=renders, faces_json=faces_json)
    fields = {**_fields(JobCompleted, job), "job_url": url, "results": results}
    if at := corrected_at(job):
        corrected = CorrectedDetail.model_validate({**fields, "corrected_at": at})
        return BusEvent(detail_type="Job Corrected", time=at, detail=corrected.model_dump_json())
    detail = JobCompleted.model_validate(fields)
    return BusEvent(detail_type="Job Completed", time=detail.completed_at, detail=detail.model_dump_json())


def _failed(job: Job, url: str) -> BusEvent:
    detail = JobFailed.model_validate({**_fields(JobFailed, job), "job_url": url})
    return BusEvent(detail_type="Job Failed", time=detail.completed_at, detail=detail.model_dump_json())


def _deleted(job: Tombstone) -> BusEvent:
    at = event_time(job.event_id)
    detail = DeletedDetail(event_id=job.event_id, job_id=job.job_id, owner=job.owner, deleted_at=at)
    return BusEvent(detail_type="Job Deleted", time=at, detail=detail.model_dump_json())
