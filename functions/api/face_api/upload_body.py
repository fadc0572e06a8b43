"""Reads an image and its options from a request, which is the raw image or a form."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from facelib.domain import limits
from facelib.domain.errors import ImageRejected
from facelib.domain.formats import recognise
from facelib.domain.job import FailureReason, ImageFormat
from facelib.domain.options import Options
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from face_api.option_text import read_options

FILE_FIELD: Final = "file"
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252"})
_FORM_ERRORS: Final = {
    "Part exceeded maximum size": f"A form field exceeds {limits.FORM_FIELD_BYTES:,} bytes. A file needs "
    "a `filename`; with `filename*` alone, the field is not a file (RFC 7578, 4.2).",
    "Invalid multipart data": "The form is not valid multipart/form-data. It must begin with its boundary.",
}
_FILE_MISSING: Final = "Send the image as a file in this field, like `curl -F file=@photo.jpg`"


@dataclass(frozen=True)
class ReceivedImage:
    """An image whose first bytes are those of a supported format, and the options of its job."""

    data: bytes
    format: ImageFormat
    options: Options


async def receive_image(request: Request) -> ReceivedImage:
    """Read the image and the options; those in the form take precedence over those in the query.

    Raises ImageRejected, RequestValidationError and HTTPException.
    """
    query = read_options(request.query_params, "query")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        _check_charset(request)
        _check_end(request, await request.body())
        try:
            async with request.form(max_files=1, max_fields=20, max_part_size=limits.FORM_FIELD_BYTES) as form:
                data, options = await _file_of(form), read_options(form, "body", FILE_FIELD).over(query)
        except HTTPException as error:
            raise HTTPException(error.status_code, _explained(str(error.detail))) from error
    else:
        data, options = await request.body(), query
    return ReceivedImage(data, _format_of(data, media_type), options)


def _check_charset(request: Request) -> None:
    """Raise HTTPException (400) for a charset other than the common ones: some codecs hang, or fail for any text."""
    _, parameters = parse_options_header(request.headers["content-type"])
    charset = parameters.get(b"charset", b"").decode("latin-1").lower()
    if charset and charset not in _CHARSETS:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, "The form has an unknown charset. Leave the charset out, or use utf-8."
        )


def _check_end(request: Request, body: bytes) -> None:
    """Raise HTTPException (400) for a truncated form, which may lack options such as how to hide faces."""
    _, parameters = parse_options_header(request.headers["content-type"])
    boundary = parameters.get(b"boundary")
    if boundary and b"--" + boundary + b"--" not in body:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The form ends before its final boundary. Send it again.")


def _explained(detail: str) -> str:
    """Explain how to correct a form; the parser only reports what is wrong."""
    return next((words for start, words in _FORM_ERRORS.items() if detail.startswith(start)), detail)


ReceivedImageDep = Annotated[ReceivedImage, Depends(receive_image)]


async def _file_of(form: FormData) -> bytes:
    file = form.get(FILE_FIELD)
    if not isinstance(file, UploadFile):
        raise RequestValidationError([{"loc": ("body", FILE_FIELD), "msg": _FILE_MISSING, "type": "missing"}])
    return await file.read()


def _format_of(data: bytes, media_type: str) -> ImageFormat:
    if len(data) > limits.DIRECT_UPLOAD_BYTES:
        raise ImageRejected(
            FailureReason.TOO_LARGE,
            f"The image is {len(data):,} bytes; POST /image accepts at most {limits.DIRECT_UPLOAD_BYTES:,}. "
            f"POST /uploads returns a form that accepts {limits.PRESIGNED_UPLOAD_BYTES:,}.",
        )
    try:
        return recognise(data)
    except ImageRejected as rejected:
        # API Gateway decodes a body with a text media type, which changes the bytes of an image.
        if not data or not media_type.startswith(("text/", "application/json", "application/x-www-form-urlencoded")):
            raise
        hint = f" The request's Content-Type is {media_type}: send the image as image/jpeg or application/octet-stream."
        raise ImageRejected(rejected.failure.reason, rejected.failure.detail + hint) from None
