"""The options of a job as text: in a query, in the fields of a form, or in the metadata of an object."""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from facelib import limits
from facelib.options import Options, Render, Renders

_DESCRIPTIONS: Final = {name: field.description for name, field in Options.model_fields.items()}


def _split(values: str | list[str]) -> list[str]:
    values = [values] if isinstance(values, str) else values
    return [part.strip() for value in values for part in value.split(",")]


def _boolean(text: object) -> object:
    # pydantic alone also takes 1, yes, on and their opposites, which the description does not promise.
    words = {"true": True, "false": False}
    return words.get(text.lower(), "neither true nor false") if isinstance(text, str) else text


class OptionFields(Options):
    """`Options` whose numbers are text, and whose `render` may be repeated or separated by commas.

    Text carries neither an empty list nor a null: what is absent takes its default.
    """

    render: Annotated[Renders, BeforeValidator(_split)] = Field(
        default=(Render.BOXES,), description=_DESCRIPTIONS["render"]
    )
    min_confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | SkipJsonSchema[None] = Field(
        # What "Try it out" of /docs fills in must find faces: without an example it takes the maximum.
        default=None,
        description=_DESCRIPTIONS["min_confidence"],
        examples=[0.5],
    )
    faces_json: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=False, description=_DESCRIPTIONS["faces_json"]
    )
    max_faces: int = Field(default=limits.MAX_FACES, ge=1, le=limits.MAX_FACES, description=_DESCRIPTIONS["max_faces"])
    blur_strength: int = Field(
        default=limits.BLUR_STRENGTH_DEFAULT,
        ge=1,
        le=limits.BLUR_STRENGTH,
        description=_DESCRIPTIONS["blur_strength"],
    )

    def over(self, options: Options) -> Options:
        """Return `options` with those replaced that are given here."""
        return Options.model_validate({**options.model_dump(), **self.model_dump(exclude_unset=True)})
