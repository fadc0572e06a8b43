"""Options of a job in the metadata of an object: `x-amz-meta-facecast-render: blur`."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from facelib.errors import ImageRejected
from facelib.job import FailureReason
from facelib.options import Options
from pydantic import TypeAdapter, ValidationError

PREFIX: Final = "facecast-"
_NUMBER: Final[TypeAdapter[int | float]] = TypeAdapter(int | float)
_NUMBERS: Final = ("min_confidence", "max_faces")


def options_of(metadata: Mapping[str, str]) -> Options:
    """Read the options. Raises ImageRejected for a value that is not valid, or a name that is no option.

    Metadata without the prefix is other programs'. Names are in lower case, as S3 returns them.
    """
    given = {
        name.removeprefix(PREFIX).replace("-", "_"): value
        for name, value in metadata.items()
        if name.startswith(PREFIX)
    }
    try:
        options = Options.model_validate({name: _value(name, value) for name, value in given.items()})
    except ValidationError as error:
        problems = "; ".join(f"{_metadata_name(str(one['loc'][0]))}: {one['msg']}" for one in error.errors())
        allowed = ", ".join(_metadata_name(name) for name in Options.model_fields if name != "faces_json")
        raise ImageRejected(
            FailureReason.INVALID_OPTIONS,
            f"The metadata of the file is not valid: {problems}. Allowed are {allowed}. Put the file again without it.",
        ) from None
    # Who drops files reads results from the bucket, too.
    return options.model_copy(update={"faces_json": True})


def _value(name: str, text: str) -> Any:  # noqa: ANN401 - each option has a type of its own, which pydantic checks
    if name == "render":
        return [part.strip() for part in text.split(",")]
    if name in _NUMBERS:
        with suppress(ValidationError):
            return _NUMBER.validate_strings(text)
    return text


def _metadata_name(option: str) -> str:
    return PREFIX + option.replace("_", "-")
