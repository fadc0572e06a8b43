"""A job: one image, from its upload to the faces detected in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import uuid4

from pydantic import AwareDatetime, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from facelib.domain.corrections import Corrections
from facelib.domain.detail import Detail
from facelib.domain.face import Face
from facelib.domain.frozen import Frozen
from facelib.domain.options import Options
from facelib.domain.renders import Render

# The owner of all jobs if callers are not authenticated.
PUBLIC_OWNER: Final = "public"


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    # A job with this status is visible only to the request that deletes it.
    DELETING = "deleting"

    @property
    def is_final(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED)


TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = {
    # The dead-letter queue's consumer fails a job that was never claimed.
    Status.PENDING: frozenset({Status.PROCESSING, Status.FAILED, Status.DELETING}),
    # A claim whose lease expired may be taken over.
    Status.PROCESSING: frozenset({Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.DELETING}),
    # A retry.
    Status.FAILED: frozenset({Status.PENDING, Status.DELETING}),
    Status.COMPLETED: frozenset({Status.DELETING}),
    # Objects are deleted first and the record last, so that an interrupted deletion can be repeated.
    Status.DELETING: frozenset({Status.DELETING}),
}


class Quality(StrEnum):
    """A detector's quality setting; each step takes longer and detects smaller faces."""

    FAST = "fast"
    BALANCED = "balanced"
    THOROUGH = "thorough"


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"
    HEIC = "heic"


class ImageInfo(Frozen):
    """The uploaded original; width and height are those of the upright image, in pixels."""

    width: int
    height: int
    format: ImageFormat
    bytes: int


class DetectorInfo(Frozen):
    """The model that detected the faces, and its quality setting."""

    name: str
    version: str
    quality: Quality


class FailureReason(StrEnum):
    EMPTY_FILE = "empty_file"
    UNSUPPORTED_FORMAT = "unsupported_format"
    CORRUPT_IMAGE = "corrupt_image"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    INVALID_NAME = "invalid_name"
    INVALID_OPTIONS = "invalid_options"
    ORIGINAL_MISSING = "original_missing"
    INTERNAL_ERROR = "internal_error"

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # The client's list of retryable reasons is generated from this schema.
        handler.resolve_ref_schema(schema := handler(core))["x-retryable"] = sorted(RETRYABLE)
        return schema


# Failures of the service. All other reasons are caused by the image, so that a retry would fail again.
RETRYABLE: Final = frozenset({FailureReason.ORIGINAL_MISSING, FailureReason.INTERNAL_ERROR})


class Failure(Frozen):
    reason: FailureReason
    detail: Detail


EXAMPLE_ID: Final = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


@dataclass(frozen=True)
class Shown:
    """Marks a field that every API response about a job contains, in the form in which it is stored.

    If `stream` is set, every event on the stream about a job that has ended also contains the field. `bus` does the
    same for events on the bus.
    """

    description: str | None = None
    examples: tuple[object, ...] = ()
    stream: bool = False
    bus: bool = False


class Detection(Frozen):
    """What detection adds to a job; `Job` has fields with the same names."""

    image: ImageInfo
    faces: tuple[Face, ...]
    timings_ms: dict[str, float]


class Job(Frozen):
    """A stored job. Times are UTC.

    Every field declared here is stored (`stores.attributes` maps its type). Fields marked with `Shown` are also in the
    API's responses, in this order, and in events if their mark says so. Fields that events contain in another form are
    declared in the models of events.
    """

    job_id: Annotated[str, Shown("A UUIDv4.", (EXAMPLE_ID,))]
    owner: str
    status: Annotated[Status, Shown()]
    created_at: Annotated[AwareDatetime, Shown(stream=True, bus=True)]
    completed_at: Annotated[AwareDatetime | None, Shown("When the job completed or failed.")] = None
    expires_at: Annotated[
        AwareDatetime,
        Shown("When the job and its images are deleted; earlier if its image never arrives."),
    ]
    # The normal expiry. It is set while `expires_at` is earlier because the image may never arrive; the first claim
    # copies it to `expires_at`.
    kept_until: AwareDatetime | None = None
    options: Annotated[Options, Shown()] = Options()
    source: Annotated[
        str | None, Shown("The object key of the file in the drop folder; null for other jobs.", bus=True)
    ] = None
    event_id: str | None = None
    detector: Annotated[DetectorInfo | None, Shown()] = None
    image: Annotated[ImageInfo | None, Shown()] = None
    face_count: Annotated[int | None, Shown("Null until the job is completed.", (1,), stream=True)] = None
    faces: tuple[Face, ...] | None = None
    timings_ms: Annotated[
        dict[str, float] | None, Shown("Duration of each stage of the detector, in milliseconds.")
    ] = None
    failure: Annotated[Failure | None, Shown("Why the job failed.", stream=True)] = None
    # S3's ETag of the processed upload; another upload under the same key does not belong to this job.
    original_etag: str | None = None
    # Results that were drawn on demand, in addition to those in the options.
    renders: tuple[Render, ...] | None = None
    corrections: Annotated[Corrections | None, Shown("Manual corrections; null if there are none.")] = None
    corrected_at: Annotated[
        AwareDatetime | None,
        Shown(
            "When the results were drawn with the corrections; null while they are being drawn, or if there "
            "are no corrections."
        ),
    ] = None

    @classmethod
    def pending(
        cls,
        owner: str,
        options: Options,
        retention: timedelta,
        *,
        unused_after: timedelta | None = None,
        source: str | None = None,
    ) -> Self:
        """Return a new job, which expires after its retention, or after `unused_after` if its image never arrives."""
        now = datetime.now(UTC)
        kept_until = now + retention
        return cls(
            job_id=str(uuid4()),
            owner=owner,
            status=Status.PENDING,
            created_at=now,
            expires_at=now + unused_after if unused_after else kept_until,
            kept_until=kept_until if unused_after else None,
            options=options,
            source=source,
        )

    @property
    def available(self) -> tuple[Render, ...]:
        """The results that the job has once it is completed, starting with those requested when it was created."""
        return tuple(dict.fromkeys((*self.options.results, *(self.renders or ()))))

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at <= now


class Tombstone(Frozen):
    """What remains of a deleted job until its normal expiry: only the ids with which replays report the deletion."""

    job_id: str
    owner: str
    # The id of the deletion's event.
    event_id: str
