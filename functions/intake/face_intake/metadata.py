"""Reads a job's options from an object's metadata, such as `x-amz-meta-facecast-render: blur`."""

from collections.abc import Mapping
from typing import Final

from facelib.domain.errors import ImageRejected
from facelib.domain.job import FailureReason
from facelib.domain.options import Options
from facelib.domain.validation import describe_errors
from pydantic import ValidationError

PREFIX: Final = "facecast-"
# Users of the drop folder usually read results from the bucket.
_DEFAULTS: Final = Options(faces_json=True)


def read_options(metadata: Mapping[str, str]) -> Options:
    """Read the options. Raises ImageRejected if an option is unknown or its value is invalid.

    Metadata without the prefix belongs to other programs. S3 returns names in lower case.
    """
    fields = {
        name.removeprefix(PREFIX).replace("-", "_"): value
        for name, value in metadata.items()
        if name.startswith(PREFIX)
    }
    try:
        return Options.from_text(fields).over(_DEFAULTS)
    except ValidationError as error:
        allowed = ", ".join(map(_metadata_name, Options.model_fields))
        raise ImageRejected(
            FailureReason.INVALID_OPTIONS,
            f"The file has invalid metadata. Allowed names: {allowed}. Correct the following, and upload the "
            f"file again: {describe_errors(error, _metadata_name)}.",
        ) from None


def _metadata_name(option: str) -> str:
    return PREFIX + option.replace("_", "-")
