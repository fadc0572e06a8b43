"""Requests and responses. A stored job is not shown as it is; these models are its public form."""

from typing import Annotated, Self

from facelib.job import DetectorInfo, Face, Failure, Frozen, ImageFormat, ImageInfo, Job, Options, Render, Status
from facelib.links import job_url, processed_image_url
from pydantic import AwareDatetime, Field

EXAMPLE_ID = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"

MediaType = Annotated[str, Field(pattern=f"^image/({'|'.join(ImageFormat)})$", examples=["image/jpeg"])]


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
    expires_at: AwareDatetime = Field(description="When the job and its images are deleted.")
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
        shown = {name: getattr(job, name) for name in cls.model_fields if name != "links"}
        return cls(**shown, links=Links.of(job.job_id, public_url))


class JobView(JobSummary):
    """A job with its faces."""

    faces: tuple[Face, ...] | None = Field(description="By descending confidence; null until the job is completed.")
    renders: tuple[Render, ...] = Field(
        description="The results that can be fetched; empty until the job is completed. `POST /jobs/{job_id}/renders` "
        "adds others."
    )

    @classmethod
    def of(cls, job: Job, public_url: str) -> Self:
        shown = {name: getattr(job, name) for name in JobSummary.model_fields if name != "links"}
        return cls(
            **shown,
            faces=job.faces,
            renders=job.available if job.status is Status.COMPLETED else (),
            links=Links.of(job.job_id, public_url),
        )


class RenderRequested(Frozen):
    render: Render = Field(description="How to draw it.")


class RenderReady(Frozen):
    """A result and where to fetch it."""

    render: Render
    url: str = Field(description="A presigned address of the bucket.")
    expires_at: AwareDatetime = Field(description="Until when the address is good; ask again for another.")


class JobList(Frozen):
    jobs: tuple[JobSummary, ...] = Field(description="Newest first, without their faces.")
    next_cursor: str | None = Field(description="Pass it as `cursor` to get the next page; null on the last one.")


class JobAccepted(Frozen):
    """The image was accepted; its faces will be at `links.self`, and on the stream."""

    job_id: str = Field(examples=[EXAMPLE_ID])
    status: Status
    links: Links


class UploadRequest(Frozen):
    content_type: MediaType | None = Field(
        default=None, description="The type that the upload must have; any `image/` type if omitted."
    )
    options: Options = Options()


class UploadForm(Frozen):
    """Where to POST a multipart form with these fields, followed by the file as the last field, `file`."""

    url: str
    fields: dict[str, str]


class UploadAccepted(Frozen):
    job_id: str = Field(examples=[EXAMPLE_ID])
    upload: UploadForm
    expires_at: AwareDatetime = Field(description="When the form stops being accepted.")
    links: Links


class Health(Frozen):
    status: str = Field(examples=["ok"])


class Limits(Frozen):
    """The limits in force, in the units of their names."""

    direct_upload_bytes: int
    presigned_upload_bytes: int
    presigned_upload_seconds: int
    image_pixels: int
    costly_image_pixels: int = Field(description="The same for AVIF, HEIC and animated WebP.")
    image_side_pixels: int
    formats: tuple[ImageFormat, ...]
    result_long_side_pixels: int
    preview_long_side_pixels: int
    result_url_seconds: int
    max_faces: int
    job_kept_days: int
    list_limit: int
    wait_seconds: int
    rekognition_bytes: int
    frame_bytes: int
    replay_limit: int
    stream_url: str = Field(description="The WebSocket to listen to.", examples=["wss://stream.example.com/ws"])


class Problem(Frozen):
    """An error (RFC 9457)."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What was wrong, what is allowed, what to do next.")
    request_id: str | None = Field(default=None, description="Quote it when you report the error.")
    errors: tuple["FieldProblem", ...] | None = Field(default=None, description="The fields that are not valid.")


class FieldProblem(Frozen):
    field: str = Field(examples=["options.max_faces"])
    detail: str = Field(examples=["Input should be less than or equal to 1000"])
