"""The options of a job, which the sender of an image may set."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from facelib import limits
from facelib.frozen import Frozen
from facelib.validation import at_most


class Render(StrEnum):
    """How a result is drawn."""

    BOXES = "boxes"
    BLUR = "blur"
    PIXELATE = "pixelate"
    # One opaque colour, the same for every face: nothing of a face remains.
    SOLID = "solid"
    # Nothing drawn: upright, no larger than any result, without metadata.
    PLAIN = "plain"
    # The first of the job's other renders, small, as WebP.
    PREVIEW = "preview"


# These hide faces instead of showing them.
REDACTING: Final = frozenset({Render.BLUR, Render.PIXELATE, Render.SOLID})


class Size(StrEnum):
    """Size of a result: at most `limits.RESULT_LONG_SIDE` on its long side, or the size of the original."""

    FIT = "fit"
    ORIGINAL = "original"


Renders = Annotated[tuple[Render, ...], Field(min_length=1, max_length=limits.RENDER_LIST), at_most(limits.RENDER_LIST)]


def _each_once(renders: tuple[Render, ...]) -> tuple[Render, ...]:
    return tuple(dict.fromkeys(renders))


class Options(Frozen):
    """Options that the sender of an image may set."""

    render: Annotated[Renders, AfterValidator(_each_once)] = Field(
        default=(Render.BOXES,), description="The results to draw, each one a picture of its own."
    )
    # Strict, so that JSON's true is not read as a confidence of 1.
    min_confidence: float | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=1,
        description="Faces below it are left out of the response; null takes the detector's own threshold. "
        "Renders that hide faces hide them nevertheless.",
    )
    max_faces: int = Field(
        default=limits.MAX_FACES,
        strict=True,
        ge=1,
        le=limits.MAX_FACES,
        description="Return at most this many, by descending confidence. Renders that hide faces hide all.",
    )
    blur_strength: int = Field(
        default=limits.BLUR_STRENGTH_DEFAULT,
        strict=True,
        ge=1,
        le=limits.BLUR_STRENGTH,
        description="How coarse `blur` and `pixelate` are. More leaves less of a face; `solid` leaves nothing of it, "
        "whatever the strength.",
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
    def permitted(self) -> frozenset[Render]:
        """The renders that may still be drawn: none that shows more of the faces than the sender had shown."""
        drawn = {self.previewed, *self.render} - {Render.PREVIEW}
        if drawn == {Render.SOLID}:
            return frozenset({Render.SOLID, Render.PREVIEW})
        return REDACTING | {Render.PREVIEW} if drawn <= REDACTING else frozenset(Render)
