"""An image and its options out of a request body, whichever way a client has put them there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from facelib import limits
from facelib.errors import ImageRejected
from facelib.formats import describe, sniff
from facelib.job import FailureReason, ImageFormat, Options
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, QueryParams, UploadFile

FILE_FIELD: Final = "file"


@dataclass(frozen=True)
class ReceivedImage:
    """Bytes of a supported format, by their first bytes, and what to do with them."""

    data: bytes
    format: ImageFormat
    options: Options


async def receive_image(request: Request) -> ReceivedImage:
    """Raises ImageRejected and RequestValidationError."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        async with request.form(max_files=1, max_fields=20) as form:
            data, options = await _file_of(form), parse_options(request.query_params, form)
    else:
        data, options = await request.body(), parse_options(request.query_params)
    return ReceivedImage(data, _check(data), options)


ReceivedImageDep = Annotated[ReceivedImage, Depends(receive_image)]


async def _file_of(form: FormData) -> bytes:
    file = form.get(FILE_FIELD)
    if not isinstance(file, UploadFile):
        raise _invalid(("body", FILE_FIELD), "Send the image as a file in this field, like `curl -F file=@photo.jpg`")
    return await file.read()


def _check(data: bytes) -> ImageFormat:
    if not data:
        raise ImageRejected(FailureReason.EMPTY_FILE, "The body is empty. Send an image in it.")
    if len(data) > limits.DIRECT_UPLOAD_BYTES:
        raise ImageRejected(
            FailureReason.TOO_LARGE,
            f"The image has {len(data):,} bytes; POST /image takes {limits.DIRECT_UPLOAD_BYTES:,}. "
            f"POST /uploads gives a form that takes {limits.PRESIGNED_UPLOAD_BYTES:,}.",
        )
    image_format = sniff(data)
    if image_format is None:
        raise ImageRejected(
            FailureReason.UNSUPPORTED_FORMAT,
            f"This is {describe(data)}. Send one of {', '.join(ImageFormat)}.",
        )
    return image_format


def parse_options(*sources: QueryParams | FormData) -> Options:
    """Options from the query and from form fields; what the form says counts more.

    Raises RequestValidationError, also for a name that is no option, or a value that another source would replace: a
    typing error should not go unnoticed.
    """
    given: dict[str, Any] = {}
    for source in sources:
        own = _given(source)
        _validated(own)
        given |= own
    return _validated(given)


def _given(source: QueryParams | FormData) -> dict[str, Any]:
    """The last value of each option; `render` may be repeated or separated by commas."""
    given: dict[str, Any] = {}
    for name in source:
        if name != FILE_FIELD:
            values = [value for value in source.getlist(name) if isinstance(value, str)]
            given[name] = _renders(values) if name == "render" else _value((values or [""])[-1])
    return given


def _value(text: str) -> str | float:
    """A number if it is written as one in JSON; anything else stays text."""
    try:
        value = json.loads(text)
    # Nested brackets overflow the parser's stack.
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text


def _validated(given: dict[str, Any]) -> Options:
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in error.errors()]) from None


def _renders(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(","))


def _invalid(where: tuple[str, ...], message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": where, "msg": message, "type": "missing"}])
