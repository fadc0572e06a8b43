"""What a page offers its users: renders, and options with their values, as `GET /limits` describes them."""

from typing import Self

from facelib.domain.frozen import Frozen
from facelib.domain.options import Control, Options
from facelib.domain.renders import Render, ResultType
from pydantic import Field


class RenderOffered(Frozen):
    """A render, with a label for display."""

    name: Render
    label: str
    description: str
    hides_faces: bool = Field(
        description="Whether the result hides faces. A preview hides them if the render it is made from does."
    )
    media_type: ResultType | None = Field(description="Null if nothing is drawn.")
    suffix: str | None = Field(description="The file name extension, without the dot.")
    options: tuple[str, ...] = Field(description="The options that affect it, besides `size`.")

    @classmethod
    def of(cls, render: Render) -> Self:
        declared = render.declared
        return cls(
            name=render,
            label=declared.label,
            description=declared.description,
            hides_faces=render.hides_faces,
            media_type=declared.media_type,
            suffix=declared.media_type.suffix if declared.media_type else None,
            options=declared.options,
        )


class Choice(Frozen):
    """A value of an option, with a label for users."""

    value: bool | int | float | str | None = Field(description="Null means the default: leave the option out.")
    label: str


class OptionOffered(Frozen):
    """An option, with labels for users."""

    name: str
    label: str
    choices: tuple[Choice, ...]


def options_offered() -> tuple[OptionOffered, ...]:
    """Return the options that are declared with a control."""
    controls = [
        (name, mark)
        for name, field in Options.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Control)
    ]
    return tuple(
        OptionOffered(
            name=name,
            label=control.label,
            choices=tuple(Choice(value=value, label=label) for value, label in control.choices.items()),
        )
        for name, control in controls
    )
