"""Models of what the service accepts and returns, generated from its schemas by `make schemas`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Options(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    render: Sequence[str] | None = Field(
        None, description="The results to draw; each is a separate picture.", max_length=20, min_length=1
    )
    min_confidence: float | None = Field(
        None,
        description="Leave faces below this confidence out of the response. Results that hide faces hide these faces too. If it is not set, the detector uses its own threshold.",
        ge=0.0,
        le=1.0,
    )
    max_faces: int | None = Field(
        None,
        description="Maximum number of faces to return, by descending confidence. Renders that hide faces always hide every face.",
        ge=1,
        le=1000,
    )
    blur_strength: int | None = Field(
        None,
        description="Strength of `blur` and `pixelate`: higher hides more. `solid` always hides everything.",
        ge=1,
        le=5,
    )
    size: Literal["fit", "original"] | None = Field(
        None,
        description="Draw results of at most 2,048 px on the long side (`fit`), or as large as the photo (`original`).",
    )
    crop_aspect: Literal["free", "1:1", "4:5", "16:9"] | None = Field(None, description="Aspect ratio of a `crop`.")
    crop_padding: float | None = Field(
        None,
        description="Padding of a `crop` around the faces, as a multiple of the largest face's side.",
        ge=0.0,
        le=5.0,
    )
    crop_faces: Literal["all", "largest"] | None = Field(
        None, description="Crop to all faces, or to the largest. If no face was found, the middle of the photo is used."
    )
    faces_json: bool | None = Field(
        None,
        description="Also store the completed job as `results/{job_id}/faces.json` in the results bucket, for programs that read the bucket.",
    )


class Box(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    x: float
    y: float
    width: float
    height: float


class BoxRatio(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    left: float
    top: float
    width: float
    height: float


class DetectorInfo(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    name: str
    version: str
    quality: str


class FaceQuality(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    brightness: float = Field(..., description="0 is black, 100 is white.")
    sharpness: float = Field(..., description="0 is a flat area; a portrait in focus has 50 or more.")


class Failure(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    reason: str
    detail: str


class HiddenBox(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    x: float
    y: float
    width: float
    height: float


class ImageInfo(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    width: int
    height: int
    format: str
    bytes: int


class JobOptions(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    render: Sequence[str] | None = Field(["boxes"], description="The results to draw; each is a separate picture.")
    min_confidence: float | None = Field(
        None,
        description="Leave faces below this confidence out of the response. Results that hide faces hide these faces too. If it is not set, the detector uses its own threshold.",
    )
    max_faces: int | None = Field(
        1000,
        description="Maximum number of faces to return, by descending confidence. Renders that hide faces always hide every face.",
    )
    blur_strength: int | None = Field(
        3, description="Strength of `blur` and `pixelate`: higher hides more. `solid` always hides everything."
    )
    size: str | None = "fit"
    crop_aspect: str | None = "free"
    crop_padding: float | None = Field(
        0.5, description="Padding of a `crop` around the faces, as a multiple of the largest face's side."
    )
    crop_faces: str | None = "all"
    faces_json: bool | None = Field(
        False,
        description="Also store the completed job as `results/{job_id}/faces.json` in the results bucket, for programs that read the bucket.",
    )


class Links(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    self: str
    processed_image: str


class Point(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    x: float
    y: float


class Pose(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    roll: float = Field(..., description="Positive if the head is tilted clockwise in the image.")
    yaw: float = Field(..., description="Positive if the face is turned to the right of the image.")
    pitch: float = Field(..., description="Positive if the face is turned upwards.")


class Corrections(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    hide: Sequence[HiddenBox] | None = Field(None, description="Rectangles in pixels of the upright image.")
    show: Sequence[int] | None = Field(None, description="Indexes in the job's `faces`, starting at 0.")


class Event(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    type: str | None = None
    event_id: str
    job_id: str
    status: str | None = None
    processed_image_url: str | None = None
    completed_at: AwareDatetime | None = None
    created_at: AwareDatetime | None = None
    face_count: int | None = Field(None, description="Null until the job is completed.")
    failure: Failure | None = Field(None, description="Why the job failed.")
    corrected_at: AwareDatetime | None = None


class Landmarks(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point


class Face(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    box: Box
    box_ratio: BoxRatio
    confidence: float
    landmarks: Landmarks
    pose: Pose | None = Field(None, description="Null if the landmarks do not fit a head.")
    quality: FaceQuality


class Job(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
    )
    job_id: str = Field(..., description="A UUIDv4.")
    status: str
    created_at: AwareDatetime
    completed_at: AwareDatetime | None = Field(None, description="When the job completed or failed.")
    expires_at: AwareDatetime = Field(
        ..., description="When the job and its images are deleted; earlier if its image never arrives."
    )
    options: JobOptions
    source: str | None = Field(None, description="The object key of the file in the drop folder; null for other jobs.")
    detector: DetectorInfo | None = None
    image: ImageInfo | None = None
    face_count: int | None = Field(None, description="Null until the job is completed.")
    timings_ms: Mapping[str, float] | None = Field(
        None, description="Duration of each stage of the detector, in milliseconds."
    )
    failure: Failure | None = Field(None, description="Why the job failed.")
    corrections: Corrections | None = Field(None, description="Manual corrections; null if there are none.")
    corrected_at: AwareDatetime | None = Field(
        None,
        description="When the results were drawn with the corrections; null while they are being drawn, or if there are no corrections.",
    )
    links: Links
    faces: Sequence[Face] | None = Field(
        None, description="Sorted by descending confidence; null until the job is completed."
    )
    renders: Sequence[str] | None = Field(
        None,
        description="The results that can be downloaded; empty until the job is completed. `POST /jobs/{job_id}/renders` adds more.",
    )
    permitted_renders: Sequence[str] | None = Field(
        None,
        description="The results that may be drawn. If the job was created to hide faces, these are only renders that hide them.",
    )
