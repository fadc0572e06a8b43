"""Manual corrections of the areas that a job's results hide."""

import hashlib
from typing import Annotated

from pydantic import AfterValidator, Field

from facelib.domain import limits
from facelib.domain.face import Box
from facelib.domain.frozen import Frozen
from facelib.domain.validation import at_most

_Coordinate = Annotated[float, Field(ge=0, le=limits.IMAGE_SIDE, allow_inf_nan=False)]
_Length = Annotated[float, Field(gt=0, le=limits.IMAGE_SIDE, allow_inf_nan=False)]
_Number = Annotated[int, Field(ge=0, lt=limits.MAX_FACES)]


class HiddenBox(Box):
    """A rectangle to hide, in pixels of the upright image, from its top left corner."""

    x: _Coordinate
    y: _Coordinate
    width: _Length
    height: _Length


def _sorted_once(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))


class Corrections(Frozen):
    """Areas to hide in addition to the detected faces, and faces to show."""

    hide: Annotated[tuple[HiddenBox, ...], at_most(limits.HIDDEN_BOXES)] = Field(
        default=(), max_length=limits.HIDDEN_BOXES, description="Rectangles in pixels of the upright image."
    )
    show: Annotated[tuple[_Number, ...], AfterValidator(_sorted_once), at_most(limits.MAX_FACES)] = Field(
        default=(), max_length=limits.MAX_FACES, description="Indexes in the job's `faces`, starting at 0."
    )

    @property
    def etag(self) -> str:
        """The version as a strong entity tag (RFC 9110, 8.8.3); equal corrections have equal tags."""
        return f'"{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]}"'
