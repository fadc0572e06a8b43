"""The renders: every kind of result that can be drawn.

For each render, `face_detector.renders` has a module of the same name that draws it.
"""

from enum import IntEnum, StrEnum
from typing import Final, Literal, Self

from facelib.domain.frozen import Frozen


class Exposure(IntEnum):
    """How much of a face a result reveals."""

    NOTHING = 0
    # Shows only the averages of a few cells.
    COARSE = 1
    EVERYTHING = 2


class ResultType(StrEnum):
    """The media type of a result."""

    JPEG = "image/jpeg"
    WEBP = "image/webp"

    @property
    def suffix(self) -> Literal["jpg", "webp"]:
        """The file name extension, without the dot."""
        return "jpg" if self is ResultType.JPEG else "webp"


class RenderDeclaration(Frozen):
    """The properties of a render."""

    label: str
    description: str
    # None if it depends on the job's other renders.
    exposure: Exposure | None
    # None if nothing is drawn and stored.
    media_type: ResultType | None = ResultType.JPEG
    # Whether the render draws on the given pixels, so that other renders need a copy of them.
    writes_on_pixels: bool = True
    # Options that affect the render, in addition to `size`.
    options: tuple[str, ...] = ()


class Render(StrEnum):
    """A kind of result."""

    declared: RenderDeclaration

    # The default is only for type checkers: `Render(name)` looks up a member and does not call this.
    def __new__(cls, name: str, declared: RenderDeclaration | None = None) -> Self:
        assert declared is not None
        member = str.__new__(cls, name)
        member._value_ = name
        member.declared = declared
        return member

    BOXES = (
        "boxes",
        RenderDeclaration(
            label="Boxes",
            description="A box around every reported face, with its confidence.",
            exposure=Exposure.EVERYTHING,
        ),
    )
    BLUR = (
        "blur",
        RenderDeclaration(
            label="Blurred",
            description="Every face blurred.",
            exposure=Exposure.COARSE,
            options=("blur_strength",),
        ),
    )
    PIXELATE = (
        "pixelate",
        RenderDeclaration(
            label="Pixelated",
            description="Every face replaced with a mosaic of a few large squares.",
            exposure=Exposure.COARSE,
            options=("blur_strength",),
        ),
    )
    SOLID = (
        "solid",
        RenderDeclaration(
            label="Covered",
            description="Every face completely covered with one opaque colour.",
            exposure=Exposure.NOTHING,
        ),
    )
    PLAIN = (
        "plain",
        RenderDeclaration(
            label="Photo",
            description="Nothing drawn: the upright photo without metadata.",
            exposure=Exposure.EVERYTHING,
            writes_on_pixels=False,
        ),
    )
    CROP = (
        "crop",
        RenderDeclaration(
            label="Cropped",
            description="The part of the photo with the faces.",
            exposure=Exposure.EVERYTHING,
            writes_on_pixels=False,
            options=("crop_faces", "crop_aspect", "crop_padding"),
        ),
    )
    PREVIEW = (
        "preview",
        RenderDeclaration(
            label="Preview",
            description="A small version of the first of the job's other renders.",
            exposure=None,
            writes_on_pixels=False,
            media_type=ResultType.WEBP,
            options=("blur_strength", "crop_faces", "crop_aspect", "crop_padding"),
        ),
    )
    NONE = (
        "none",
        RenderDeclaration(
            label="No picture",
            description="The faces are returned, but no picture is drawn or stored.",
            exposure=Exposure.EVERYTHING,
            media_type=None,
        ),
    )

    @property
    def is_drawn(self) -> bool:
        """Whether this render produces a picture."""
        return self.declared.media_type is not None

    @property
    def hides_faces(self) -> bool:
        """Whether this render always hides faces instead of showing them."""
        return self.declared.exposure is not None and self.declared.exposure < Exposure.EVERYTHING

    @property
    def media_type(self) -> ResultType:
        """The media type of its picture. Raises ValueError if it has none."""
        if self.declared.media_type is None:
            raise ValueError(f"{self} does not produce a picture")
        return self.declared.media_type


# The renders that produce a picture.
DRAWN: Final = tuple(render for render in Render if render.is_drawn)
