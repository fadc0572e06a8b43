"""The public form of a job, in the API's responses and in `faces.json`."""

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from facelib.domain.face import Face
from facelib.domain.frozen import Frozen
from facelib.domain.job import EXAMPLE_ID, Job, Status
from facelib.domain.renders import DRAWN, Render
from facelib.messages.job_fields import with_job_fields
from facelib.messages.links import job_url, processed_image_url


class Links(Frozen):
    """Stable addresses, valid until the job expires."""

    self: str = Field(examples=[f"https://api.example.com/jobs/{EXAMPLE_ID}"])
    processed_image: str = Field(examples=[f"https://api.example.com/jobs/{EXAMPLE_ID}/processed-image"])

    @classmethod
    def of(cls, job_id: str, public_url: str) -> Self:
        return cls(self=job_url(public_url, job_id), processed_image=processed_image_url(public_url, job_id))


if TYPE_CHECKING:

    class _ShownFields(Job):
        """Type checkers treat a view as a `Job`, although a `Job` has more fields."""

else:
    _ShownFields = with_job_fields(lambda _: True)(Frozen)


class JobSummary(_ShownFields):
    """A job in a list, without its faces."""

    links: Links

    @classmethod
    def of(cls, job: Job, public_url: str) -> Self:
        return cls.model_validate({**_shown(job), "links": Links.of(job.job_id, public_url)})


class JobView(JobSummary):
    """A job with its faces."""

    faces: tuple[Face, ...] | None = Field(
        description="Sorted by descending confidence; null until the job is completed."
    )
    renders: tuple[Render, ...] = Field(
        description="The results that can be downloaded; empty until the job is completed. `POST "
        "/jobs/{job_id}/renders` adds more."
    )
    permitted_renders: tuple[Render, ...] = Field(
        description="The results that may be drawn. If the job was created to hide faces, these are only "
        "renders that hide them."
    )

    @classmethod
    def of(cls, job: Job, public_url: str) -> Self:
        return cls.model_validate(
            {
                **_shown(job),
                "faces": job.faces,
                "renders": job.available if job.status is Status.COMPLETED else (),
                "permitted_renders": tuple(render for render in DRAWN if render in job.options.permitted),
                "links": Links.of(job.job_id, public_url),
            }
        )


def _shown(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in _ShownFields.model_fields}
