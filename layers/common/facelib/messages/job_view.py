"""A job in public form: as the API responds with it, and as `faces.json` holds it."""

from typing import Self

from pydantic import AwareDatetime, Field

from facelib.domain.face import Face
from facelib.domain.frozen import Frozen
from facelib.domain.job import DetectorInfo, Failure, ImageInfo, Job, Status
from facelib.domain.options import Options
from facelib.domain.renders import DRAWN, Render
from facelib.messages.links import job_url, processed_image_url

EXAMPLE_ID = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


class Links(Frozen):
    """Stable addresses, valid until the job expires."""

    self: str = Field(examples=[f"https://api.example.com/jobs/{EXAMPLE_ID}"])
    processed_image: str = Field(examples=[f"https://api.example.com/jobs/{EXAMPLE_ID}/processed-image"])

    @classmethod
    def of(cls, job_id: str, public_url: str) -> Self:
        return cls(self=job_url(public_url, job_id), processed_image=processed_image_url(public_url, job_id))


class JobSummary(Frozen):
    """A job without its faces, as in a list."""

    job_id: str = Field(description="A UUIDv4.", examples=[EXAMPLE_ID])
    status: Status
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = Field(description="When it was completed or failed.")
    expires_at: AwareDatetime = Field(
        description="When the job and its images are deleted; earlier if its image never arrives."
    )
    options: Options
    source: str | None = Field(description="The key of the file in the drop folder; null for any other way in.")
    detector: DetectorInfo | None
    image: ImageInfo | None
    face_count: int | None = Field(description="Null until the job is completed.", examples=[1])
    timings_ms: dict[str, float] | None = Field(description="Milliseconds each stage of the detector took.")
    failure: Failure | None = Field(description="Why the job failed.")
    links: Links

    @classmethod
    def of(cls, job: Job, public_url: str) -> Self:
        fields = {name: getattr(job, name) for name in cls.model_fields if name != "links"}
        return cls(**fields, links=Links.of(job.job_id, public_url))


class JobView(JobSummary):
    """A job with its faces."""

    faces: tuple[Face, ...] | None = Field(description="By descending confidence; null until the job is completed.")
    renders: tuple[Render, ...] = Field(
        description="The results that can be fetched; empty until the job is completed. `POST /jobs/{job_id}/renders` "
        "adds others."
    )
    permitted_renders: tuple[Render, ...] = Field(
        description="The results that may be drawn: where faces were sent to be hidden, none that shows more of them."
    )

    @classmethod
    def of(cls, job: Job, public_url: str) -> Self:
        fields = {name: getattr(job, name) for name in JobSummary.model_fields if name != "links"}
        return cls(
            **fields,
            faces=job.faces,
            renders=job.available if job.status is Status.COMPLETED else (),
            permitted_renders=tuple(render for render in DRAWN if render in job.options.permitted),
            links=Links.of(job.job_id, public_url),
        )
