"""Requests and responses. Stored jobs are returned only in the form of these models."""

from datetime import date
from typing import Annotated, Self

from facelib.domain import limits
from facelib.domain.access import Access, Scope
from facelib.domain.corrections import HiddenBox
from facelib.domain.frozen import Frozen
from facelib.domain.job import EXAMPLE_ID, ImageFormat, Status
from facelib.domain.options import Options
from facelib.domain.renders import DRAWN, Render
from facelib.messages.job_view import JobSummary, Links
from pydantic import AfterValidator, AwareDatetime, Field, WithJsonSchema

from face_api.offers import OptionOffered, RenderOffered, options_offered

# Includes other names that browsers and phones use for the same formats.
MediaType = Annotated[
    str, Field(pattern=f"^image/({'|'.join([*ImageFormat, 'jpg', 'heif'])})$", examples=["image/jpeg"])
]


def _drawn(render: Render) -> Render:
    if not render.is_drawn:
        raise ValueError(f"`{render}` does not produce a picture. Choose one of {', '.join(DRAWN)}")
    return render


class RenderRequested(Frozen):
    render: Annotated[
        Render, AfterValidator(_drawn), WithJsonSchema({"type": "string", "enum": list(DRAWN), "title": "Render"})
    ] = Field(
        description="The render to draw. The job's own values apply to all other options, including `blur_strength`."
    )


class RenderReady(Frozen):
    """A result and its URL."""

    render: Render
    url: str = Field(description="A presigned URL for the bucket.")
    expires_at: AwareDatetime = Field(description="When the URL expires; repeat the request to get another.")


class CorrectionsOfJob(Frozen):
    """Manual changes to the areas that the results hide."""

    hide: tuple[HiddenBox, ...]
    show: tuple[int, ...]
    corrected_at: AwareDatetime | None = Field(
        description="When the results were drawn with the corrections; null while they are being drawn, or if there "
        "are no corrections."
    )


class JobList(Frozen):
    jobs: tuple[JobSummary, ...] = Field(description="Newest first, without their faces.")
    next_cursor: str | None = Field(description="Pass it as `cursor` to get the next page; null on the last page.")


class JobAccepted(Frozen):
    """The image was accepted; its faces will be available at `links.self`, and sent on the stream."""

    job_id: str = Field(examples=[EXAMPLE_ID])
    status: Status
    links: Links


class UploadRequest(Options):
    """Options can be at the top level, as in a form of `POST /image`, or in `options`."""

    content_type: MediaType | None = Field(
        default=None, description="The content type that the upload must have; any `image/` type if omitted."
    )
    options: Options = Field(default=Options(), description="Options at the top level take precedence.")

    @property
    def chosen(self) -> Options:
        beside = self.model_dump(include=set(Options.model_fields), exclude_unset=True)
        return Options.model_validate({**self.options.model_dump(), **beside})


class UploadForm(Frozen):
    """Where to POST a multipart form with these fields, followed by the file as the last field, `file`."""

    url: str
    fields: dict[str, str]


class UploadAccepted(Frozen):
    job_id: str = Field(examples=[EXAMPLE_ID])
    upload: UploadForm
    expires_at: AwareDatetime = Field(description="When the form expires.")
    links: Links


class ResultAddress(Frozen):
    """The URL of a result, which does not require a key."""

    url: str = Field(description="A presigned URL for the bucket.")
    expires_at: AwareDatetime = Field(description="When the URL expires; repeat the request to get another.")


class StreamTicket(Frozen):
    """A ticket for one connection to the stream."""

    ticket: str
    stream_url: str = Field(description="The URL of the WebSocket.", examples=["wss://stream.example.com/ws"])
    expires_at: AwareDatetime = Field(description="When the ticket expires if it is not used.")


class Usage(Frozen):
    """What a key allows, and how much its owner has used today."""

    owner: str = Field(examples=["alice"])
    scopes: tuple[Scope, ...]
    key_expires_at: AwareDatetime | None = Field(description="Null if the service does not require a key.")
    day: date = Field(description="The UTC day of these counts.")
    images: int | None = Field(
        description="Images that the owner has sent; null if the service does not require a key."
    )
    images_per_day: int | None = Field(description="The daily limit of this key; null for no limit.")
    resets_at: AwareDatetime = Field(description="When the next UTC day begins.")


class Health(Frozen):
    status: str = Field(examples=["ok"])
    detectors: tuple[str, ...] = Field(
        description="The networks that detect faces; empty if the deployment does not report them.",
        examples=[["centerface", "yunet"]],
    )


class Limits(Frozen):
    """The current limits, each in the unit that its name states."""

    direct_upload_bytes: int
    presigned_upload_bytes: int
    presigned_upload_seconds: int
    image_pixels: int
    costly_image_pixels: int = Field(
        description="Maximum number of pixels of an AVIF, HEIC or GIF, or an animated or transparent WebP."
    )
    deep_image_pixels: int = Field(
        description="Maximum number of pixels of an AVIF with transparency, or of a HEIC with more than 8 bits per "
        "channel that also has transparency or 4:4:4 chroma sampling."
    )
    image_side_pixels: int
    formats: tuple[ImageFormat, ...]
    renders: tuple[RenderOffered, ...]
    options: tuple[OptionOffered, ...]
    result_long_side_pixels: int
    preview_long_side_pixels: int
    result_url_seconds: int
    max_faces: int
    max_blur_strength: int
    job_kept_days: int
    list_limit: int
    wait_seconds: int
    rekognition_bytes: int
    frame_bytes: int
    replay_limit: int
    stream_url: str = Field(description="The URL of the WebSocket.", examples=["wss://stream.example.com/ws"])
    access: Access = Field(description="`keys` if requests need a key, else `open`.")

    @classmethod
    def in_force(cls, *, job_kept_days: int, stream_url: str, access: Access) -> Self:
        """Return the service's limits and the operator's settings."""
        return cls(
            direct_upload_bytes=limits.DIRECT_UPLOAD_BYTES,
            presigned_upload_bytes=limits.PRESIGNED_UPLOAD_BYTES,
            presigned_upload_seconds=limits.PRESIGNED_UPLOAD_SECONDS,
            image_pixels=limits.IMAGE_PIXELS,
            costly_image_pixels=limits.COSTLY_IMAGE_PIXELS,
            deep_image_pixels=limits.DEEP_IMAGE_PIXELS,
            image_side_pixels=limits.IMAGE_SIDE,
            formats=tuple(ImageFormat),
            renders=tuple(map(RenderOffered.of, Render)),
            options=options_offered(),
            result_long_side_pixels=limits.RESULT_LONG_SIDE,
            preview_long_side_pixels=limits.PREVIEW_LONG_SIDE,
            result_url_seconds=limits.RESULT_URL_SECONDS,
            max_faces=limits.MAX_FACES,
            max_blur_strength=limits.BLUR_STRENGTH,
            job_kept_days=job_kept_days,
            list_limit=limits.LIST_LIMIT,
            wait_seconds=limits.WAIT_SECONDS,
            rekognition_bytes=limits.REKOGNITION_BYTES,
            frame_bytes=limits.FRAME_BYTES,
            replay_limit=limits.REPLAY_LIMIT,
            stream_url=stream_url,
            access=access,
        )


class Problem(Frozen):
    """An error (RFC 9457)."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What is wrong, what is allowed, and what to do next.")
    request_id: str | None = Field(default=None, description="Include it when you report the error.")
    job_id: str | None = Field(default=None, description="The job whose status does not allow the request.")
    errors: tuple["FieldProblem", ...] | None = Field(default=None, description="The invalid fields.")


class FieldProblem(Frozen):
    field: str = Field(examples=["options.max_faces"])
    detail: str = Field(examples=["Input should be less than or equal to 1000"])
