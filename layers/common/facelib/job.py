"""A job: one image, from its upload to the faces detected in it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from facelib import limits

# The owner of all jobs while callers are not authenticated.
PUBLIC_OWNER: Final = "public"


class Frozen(BaseModel):
    """Base of every model that crosses a boundary: immutable, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    # Such a job exists only for whoever deletes it; for everybody else it is gone.
    DELETING = "deleting"

    @property
    def is_final(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED)


TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = {
    # A job that was never claimed fails through the dead-letter queue.
    Status.PENDING: frozenset({Status.PROCESSING, Status.FAILED, Status.DELETING}),
    # A claim whose lease expired may be taken over.
    Status.PROCESSING: frozenset({Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.DELETING}),
    # A retry.
    Status.FAILED: frozenset({Status.PENDING, Status.DELETING}),
    Status.COMPLETED: frozenset({Status.DELETING}),
    # Objects first, the record last, so that an interrupted deletion can be repeated.
    Status.DELETING: frozenset({Status.DELETING}),
}


class Render(StrEnum):
    """How a result is drawn."""

    BOXES = "boxes"
    BLUR = "blur"
    PIXELATE = "pixelate"
    # Nothing drawn: upright, no larger than any result, without metadata.
    PLAIN = "plain"
    # The first of the job's other renders, small, as WebP.
    PREVIEW = "preview"


# These hide faces instead of showing them.
REDACTING: Final = frozenset({Render.BLUR, Render.PIXELATE})


class Size(StrEnum):
    """Size of a result: at most `limits.RESULT_LONG_SIDE` on its long side, or the size of the original."""

    FIT = "fit"
    ORIGINAL = "original"


class Quality(StrEnum):
    """Effort of a detector; each step takes longer and detects smaller faces."""

    FAST = "fast"
    BALANCED = "balanced"
    THOROUGH = "thorough"


def _each_once(renders: tuple[Render, ...]) -> tuple[Render, ...]:
    return tuple(dict.fromkeys(renders))


class Options(Frozen):
    """Options that the sender of an image may set."""

    render: Annotated[tuple[Render, ...], AfterValidator(_each_once)] = Field(
        default=(Render.BOXES,), min_length=1, description="The results to draw, each one a picture of its own."
    )
    # Strict, so that JSON's true is not read as a confidence of 1.
    min_confidence: float | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=1,
        description="Faces below it are left out of the answer; null takes the detector's own threshold. "
        "Blurring and pixelating hide them all the same.",
    )
    max_faces: int = Field(
        default=limits.MAX_FACES,
        strict=True,
        ge=1,
        le=limits.MAX_FACES,
        description="Answer with at most this many, by descending confidence. Blurring and pixelating hide all.",
    )
    size: Size = Field(
        default=Size.FIT,
        description=f"`fit` draws results of at most {limits.RESULT_LONG_SIDE} px on the long side, "
        "`original` keeps the size of the upload.",
    )
    faces_json: bool = Field(
        default=False,
        strict=True,
        description="Also store the completed job as `results/{job_id}/faces.json` in the results bucket, for programs "
        "that read the bucket.",
    )

    @property
    def previewed(self) -> Render:
        """What a preview shows."""
        return next((render for render in self.render if render is not Render.PREVIEW), Render.BOXES)

    @property
    def hides_faces(self) -> bool:
        """Whether the photo was sent to have its faces hidden: then no result may show them."""
        return {self.previewed, *self.render} - {Render.PREVIEW} <= REDACTING


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"
    HEIC = "heic"


class ImageInfo(Frozen):
    """The original as it was uploaded; width and height are those of the upright image, in pixels."""

    width: int
    height: int
    format: ImageFormat
    bytes: int


class Point(Frozen):
    x: float
    y: float


class Box(Frozen):
    """In pixels of the upright image, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


class BoxRatio(Frozen):
    """The same box as fractions (0 to 1) of the image's width and height."""

    left: float
    top: float
    width: float
    height: float


class Landmarks(Frozen):
    """In pixels of the upright image. Left and right are those of the image, not of the person."""

    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point


class Pose(Frozen):
    """Rotation of a head, in degrees; all 0 for one that faces the camera."""

    roll: float = Field(description="Positive where the head is tilted clockwise in the image.")
    yaw: float = Field(description="Positive where the face looks to the right of the image.")
    pitch: float = Field(description="Positive where the face looks up.")


class FaceQuality(Frozen):
    """Image quality of a face."""

    brightness: float = Field(ge=0, le=100, description="0 is black, 100 is white.")
    sharpness: float = Field(ge=0, le=100, description="0 is a flat area; a portrait in focus has 50 and more.")


class Face(Frozen):
    box: Box
    box_ratio: BoxRatio
    confidence: float = Field(ge=0, le=1)
    landmarks: Landmarks
    pose: Pose | None = Field(description="Null where the landmarks fit no head.")
    quality: FaceQuality

    @classmethod
    def in_image(  # noqa: PLR0913 - the parts of a face
        cls,
        image_size: tuple[int, int],
        *,
        box: Box,
        confidence: float,
        landmarks: Landmarks,
        pose: Pose | None,
        quality: FaceQuality,
    ) -> Self:
        """Return a face whose `box_ratio` is computed from the size (width, height) of the upright image."""
        width, height = image_size
        ratio = BoxRatio(
            left=round(box.x / width, 6),
            top=round(box.y / height, 6),
            width=round(box.width / width, 6),
            height=round(box.height / height, 6),
        )
        return cls(box=box, box_ratio=ratio, confidence=confidence, landmarks=landmarks, pose=pose, quality=quality)


class DetectorInfo(Frozen):
    """The model that detected the faces, and its effort."""

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


# Failures of the service; every other reason lies in the image, which would fail again.
RETRYABLE: Final = frozenset({FailureReason.ORIGINAL_MISSING, FailureReason.INTERNAL_ERROR})


class Failure(Frozen):
    reason: FailureReason
    detail: str


class Job(Frozen):
    """A job as it is stored. Times are UTC."""

    job_id: str
    owner: str
    status: Status
    created_at: AwareDatetime
    expires_at: AwareDatetime
    # Set where `expires_at` is earlier because nothing has been uploaded yet: what it becomes with the first claim.
    kept_until: AwareDatetime | None = None
    options: Options = Options()
    # The key of the dropped object; None where the image came through the API.
    source: str | None = None
    completed_at: AwareDatetime | None = None
    event_id: str | None = None
    image: ImageInfo | None = None
    detector: DetectorInfo | None = None
    face_count: int | None = None
    faces: tuple[Face, ...] | None = None
    timings_ms: dict[str, float] | None = None
    failure: Failure | None = None
    # S3's name for the upload that was processed; another one under the same key is not this job's.
    original_etag: str | None = None
    # Results that were made on demand, beside those of the options.
    renders: tuple[Render, ...] | None = None

    @property
    def available(self) -> tuple[Render, ...]:
        """The results that there are once the job is completed, first those that were asked for with it."""
        return tuple(dict.fromkeys((*self.options.render, *(self.renders or ()))))

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at <= now


class Tombstone(Frozen):
    """A deleted job: ids alone, until the job would have expired, so that late listeners learn of the deletion."""

    job_id: str
    owner: str
    # Of the deletion's event.
    event_id: str
