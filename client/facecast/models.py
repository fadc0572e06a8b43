"""Requests and responses of a service. Unknown fields are ignored, so that the client works with newer services."""

from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from facecast import generated_models
from facecast.generated import Render, RetryableReason, Status
from facecast.generated_models import Face

FINAL_STATUSES: Final = frozenset({Status.COMPLETED.value, Status.FAILED.value})
# Failure reasons that are not caused by the image, so that a retry may succeed.
RETRYABLE: Final = frozenset(reason.value for reason in RetryableReason)
# The renders known to this version of the client; `Limits.renders` lists those of the connected service.
RENDERS: Final = tuple(render.value for render in Render)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Options(generated_models.Options):
    """What to do with a photo; None leaves the choice to the service."""

    model_config = ConfigDict(extra="forbid")

    render: tuple[str, ...] = Field(default=("boxes",), min_length=1)
    """Results to draw, one picture for each; see RENDERS."""

    def given(self) -> dict[str, Any]:
        """Return the options that are set, in the form of a request."""
        return self.model_dump(mode="json", exclude_none=True)


class OfferedRender(_Model):
    """A kind of result that the service draws."""

    name: str
    label: str
    hides_faces: bool
    suffix: str | None = None
    """The file name extension, without the dot; None if there is no picture."""


class Limits(_Model):
    """The limits that a client needs; `data` is the whole response."""

    direct_upload_bytes: int
    presigned_upload_bytes: int
    wait_seconds: int
    replay_limit: int
    stream_url: str
    formats: tuple[str, ...]
    renders: tuple[OfferedRender, ...] = ()
    data: Mapping[str, Any] = Field(repr=False)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read a response of GET /limits. Raises ValidationError (a ValueError) if it is invalid."""
        return cls.model_validate({**data, "data": data})

    @property
    def hiding(self) -> tuple[str, ...]:
        """The renders that hide faces."""
        return tuple(render.name for render in self.renders if render.hides_faces)

    def file_suffix(self, render: str) -> str:
        """Return the file name extension of a result, with the dot."""
        [suffix] = [one.suffix for one in self.renders if one.name == render] or [None]
        return f".{suffix or 'jpg'}"


class Failure(generated_models.Failure):
    """Why a job failed. `reason` is `corrupt_image`, `internal_error` or another code."""

    @property
    def can_be_retried(self) -> bool:
        return self.reason in RETRYABLE


class JobOptions(generated_models.JobOptions):
    """The options that a job was sent with."""

    render: tuple[str, ...]

    @property
    def pictures(self) -> tuple[str, ...]:
        """The renders that produce a picture; `none` produces only numbers."""
        return tuple(render for render in self.render if render != "none")


class Job(generated_models.Job):
    """A job; `data` is the whole response. Jobs in a list do not include their faces."""

    options: JobOptions
    faces: tuple[Face, ...] | None = None
    failure: Failure | None = None
    data: Mapping[str, Any] = Field(repr=False)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read a job from a response. Raises ValidationError (a ValueError) if it is invalid."""
        return cls.model_validate({**data, "data": data})

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES


class Submission(_Model):
    """A photo that the service has accepted: the id of its job, and the job's status at that time."""

    job_id: str
    status: str = "pending"


class Event(generated_models.Event):
    """An event about a job, received from the stream.

    The types are `job.completed`, `job.failed`, `job.corrected` and `job.deleted`; newer services may add others.
    """

    type: str
    failure: Failure | None = None
    data: Mapping[str, Any] = Field(repr=False)

    @property
    def is_completed(self) -> bool:
        """Whether the job has results: it was completed, and perhaps corrected."""
        return self.status == Status.COMPLETED

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read an event about a job. Raises ValidationError (a ValueError) if it is invalid."""
        return cls.model_validate({**data, "data": data})
