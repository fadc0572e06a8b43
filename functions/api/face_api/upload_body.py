"""An image and its options from a request, as the raw body or as a form."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from facelib import limits
from facelib.errors import ImageRejected
from facelib.formats import recognise
from facelib.job import FailureReason, ImageFormat
from facelib.options import Options
from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile

from face_api.option_text import read_options

FILE_FIELD: Final = "file"
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252"})
_FILE_MISSING: Final = "Send the image as a file in this field, like `curl -F file=@photo.jpg`"


@dataclass(frozen=True)
class ReceivedImage:
    """An image whose first bytes are those of a supported format, and the options of its job."""

    data: bytes
    format: ImageFormat
    options: Options


async def receive_image(request: Request) -> ReceivedImage:
    """Read the image, and the options of the query and, over them, of the form.

    Raises ImageRejected, RequestValidationError and HTTPException.
    """
    query = read_options(request.query_params, "query")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        _check_charset(request)
        async with request.form(max_files=1, max_fields=20, max_part_size=limits.FORM_FIELD_BYTES) as form:
            data, options = await _file_of(form), read_options(form, "body", FILE_FIELD).over(query)
    else:
        data, options = await request.body(), query
    return ReceivedImage(data, _format_of(data), options)


def _check_charset(request: Request) -> None:
    """Raise HTTPException (400) for a codec that is not a usual charset: some never end, or fail for any text."""
    _, parameters = parse_options_header(request.headers["content-type"])
    charset = parameters.get(b"charset", b"").decode("latin-1").lower()
    if charset and charset not in _CHARSETS:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The form has an unknown charset. Leave it out, or send utf-8.")


ReceivedImageDep = Annotated[ReceivedImage, Depends(receive_image)]


async def _file_of(form: FormData) -> bytes:
    file = form.get(FILE_FIELD)
    if not isinstance(file, UploadFile):
        raise RequestValidationError([{"loc": ("body", FILE_FIELD), "msg": _FILE_MISSING, "type": "missing"}])
    return await file.read()


def _format_of(data: bytes) -> ImageFormat:
    if len(data) > limits.DIRECT_UPLOAD_BYTES:
        raise ImageRejected(
            FailureReason.TOO_LARGE,
            f"The image has {len(data):,} bytes; POST /image accepts {limits.DIRECT_UPLOAD_BYTES:,}. "
            f"POST /uploads returns a form that accepts {limits.PRESIGNED_UPLOAD_BYTES:,}.",
        )
    return recognise(data)
