"""The options of a job, which the sender of an image may set in JSON or as text.

Numbers are strict, so that JSON's `true` is not read as a confidence of 1. In pydantic's string mode, numbers are
still read from text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from facelib.domain import limits
from facelib.domain.frozen import Frozen
from facelib.domain.renders import DRAWN, Render
from facelib.domain.validation import at_most


@dataclass(frozen=True)
class Control:
    """Marks an option that web pages offer: its label, and a label for each value; the value None is the default."""

    label: str
    choices: Mapping[bool | float | str | None, str]


class Size(StrEnum):
    """Size of a result: a long side of at most `limits.RESULT_LONG_SIDE`, or the size of the original."""

    FIT = "fit"
    ORIGINAL = "original"


Renders = Annotated[tuple[Render, ...], Field(min_length=1, max_length=limits.RENDER_LIST), at_most(limits.RENDER_LIST)]


_BOOLEANS: Final = {"true": True, "false": False}


def _is_text(info: ValidationInfo) -> bool:
    return str(info.mode) == "string"


def _split(value: object, info: ValidationInfo) -> object:
    """Split a list that is given as text, because pydantic's string mode does not support lists."""
    return [part.strip() for part in str(value).split(",")] if _is_text(info) else value


def _boolean(value: object, info: ValidationInfo) -> object:
    """Read a boolean from text. Pydantic would also accept 1, yes, on and their opposites."""
    return _BOOLEANS.get(str(value).lower(), "neither true nor false") if _is_text(info) else value


def _each_once(renders: tuple[Render, ...]) -> tuple[Render, ...]:
    return tuple(dict.fromkeys(renders))


class CropAspect(StrEnum):
    """Aspect ratio of a crop; `free` uses that of the faces."""

    FREE = "free"
    SQUARE = "1:1"
    PORTRAIT = "4:5"
    WIDE = "16:9"

    @property
    def ratio(self) -> float | None:
        """Width divided by height, None for `free`."""
        if self is CropAspect.FREE:
            return None
        width, height = map(int, self.split(":"))
        return width / height


class CropFaces(StrEnum):
    """The faces that a crop contains."""

    ALL = "all"
    LARGEST = "largest"


def _none_stands_alone(renders: tuple[Render, ...]) -> tuple[Render, ...]:
    if Render.NONE in renders and len(renders) > 1:
        raise ValueError("`none` draws nothing, so it cannot be combined with other renders")
    return renders


class Options(Frozen):
    """Options that the sender of an image may set."""

    render: Annotated[
        Renders, AfterValidator(_each_once), AfterValidator(_none_stands_alone), BeforeValidator(_split)
    ] = Field(default=(Render.BOXES,), description="The results to draw; each is a separate picture.")
    min_confidence: Annotated[
        float | None,
        Control(
            "Minimum confidence",
            {None: "automatic", 0.3: "30 %", 0.5: "50 %", 0.7: "70 %", 0.8: "80 %", 0.9: "90 %"},
        ),
    ] = Field(
        default=None,
        strict=True,
        ge=0,
        le=1,
        description="Leave faces below this confidence out of the response. Results that hide faces hide these faces "
        "too. If it is not set, "
        "the detector uses its own threshold.",
        # "Try it out" in /docs must find faces; without an example, it fills in the maximum.
        examples=[0.5],
    )
    max_faces: int = Field(
        default=limits.MAX_FACES,
        strict=True,
        ge=1,
        le=limits.MAX_FACES,
        description="Maximum number of faces to return, by descending confidence. Renders that hide faces always hide "
        "every face.",
    )
    blur_strength: Annotated[
        int, Control("Strength", {1: "1 (least)", 2: "2", None: "3 (default)", 4: "4", 5: "5 (most)"})
    ] = Field(
        default=limits.BLUR_STRENGTH_DEFAULT,
        strict=True,
        ge=1,
        le=limits.BLUR_STRENGTH,
        description="Strength of `blur` and `pixelate`: higher hides more. `solid` always hides everything.",
    )
    size: Size = Field(
        default=Size.FIT,
        description=f"Draw results of at most {limits.RESULT_LONG_SIDE:,} px on the long side (`fit`), or as large as "
        "the photo (`original`).",
    )
    crop_aspect: Annotated[
        CropAspect,
        Control("Shape", {None: "free", "1:1": "1:1, square", "4:5": "4:5, portrait", "16:9": "16:9, wide"}),
    ] = Field(default=CropAspect.FREE, description="Aspect ratio of a `crop`.")
    crop_padding: Annotated[
        float,
        Control("Space around faces", {0: "none", 0.25: "a little", None: "default", 1: "a lot", 2: "maximum"}),
    ] = Field(
        default=limits.CROP_PADDING_DEFAULT,
        strict=True,
        ge=0,
        le=limits.CROP_PADDING,
        description="Padding of a `crop` around the faces, as a multiple of the largest face's side.",
    )
    crop_faces: Annotated[CropFaces, Control("Faces to keep", {None: "all", "largest": "the largest"})] = Field(
        default=CropFaces.ALL,
        description="Crop to all faces, or to the largest. If no face was found, the middle of the photo is used.",
    )
    faces_json: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=False,
        strict=True,
        description="Also store the completed job as `results/{job_id}/faces.json` in the results bucket, for programs "
        "that read the bucket.",
    )

    @classmethod
    def from_text(cls, fields: Mapping[str, str]) -> Self:
        """Read options from text; items of a list are separated by commas. Raises ValidationError for invalid ones.

        Text cannot represent an empty list or null; missing options have their defaults.
        """
        return cls.model_validate_strings(fields)

    def over(self, others: "Options") -> "Options":
        """Return the other options, overridden by those that are set here."""
        return Options.model_validate({**others.model_dump(), **self.model_dump(exclude_unset=True)})

    @property
    def results(self) -> tuple[Render, ...]:
        """The renders that are drawn and stored; empty for `none`."""
        return tuple(render for render in self.render if render.is_drawn)

    def source_of(self, render: Render) -> Render:
        """Return the render itself or, for a preview, the render that it shows: the first other result."""
        if render is not Render.PREVIEW:
            return render
        return next((other for other in self.results if other is not Render.PREVIEW), Render.BOXES)

    def hides_faces(self, render: Render) -> bool:
        """Return whether this render of the job hides faces."""
        return self.source_of(render).hides_faces

    @property
    def permitted(self) -> frozenset[Render]:
        """The renders that may be drawn: those that do not show more of the faces than the requested ones."""
        shown = max(self.source_of(render).declared.exposure or 0 for render in self.render)
        return frozenset(render for render in DRAWN if (render.declared.exposure or 0) <= shown)
