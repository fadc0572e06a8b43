"""Every error as problem+json: one table maps the domain's errors to HTTP, and a last handler catches the rest."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from facelib.errors import (
    CursorInvalid,
    FaceError,
    ImageRejected,
    JobConflict,
    JobNotFound,
    KeyReused,
    NoResult,
    OriginalGone,
    RenderNotFound,
    RenderRefused,
)
from facelib.job import FailureReason
from facelib.observability import logger
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from face_api.models import FieldProblem, Problem

MEDIA_TYPE: Final = "application/problem+json"

# An error that is not listed is a 422.
STATUS_OF: Final[Mapping[type[FaceError], HTTPStatus]] = {
    JobNotFound: HTTPStatus.NOT_FOUND,
    JobConflict: HTTPStatus.CONFLICT,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    CursorInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoResult: HTTPStatus.GONE,
    OriginalGone: HTTPStatus.GONE,
    RenderRefused: HTTPStatus.FORBIDDEN,
    RenderNotFound: HTTPStatus.NOT_FOUND,
}
STATUS_OF_REASON: Final[Mapping[FailureReason, HTTPStatus]] = {
    FailureReason.UNSUPPORTED_FORMAT: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    FailureReason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
EXPLAINED: Final = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. /docs lists every address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not support this method; the Allow header lists those it does.",
}


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Describe the errors that a route may return, for its OpenAPI description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status.value: {"description": status.phrase, "content": content} for status in statuses}


def request_id(request: Request) -> str | None:
    context = request.scope.get("aws.context")
    return getattr(context, "aws_request_id", None)


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    errors: tuple[FieldProblem, ...] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = Problem(
        title=status.phrase, status=status, detail=detail, request_id=request_id(request), errors=errors
    ).model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FaceError)
    if isinstance(error, ImageRejected):
        status = STATUS_OF_REASON.get(error.failure.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
        return problem(request, status, error.failure.detail)
    return problem(request, STATUS_OF.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY), str(error))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = error.detail if error.detail != status.phrase else EXPLAINED.get(status, error.detail)
    return problem(request, status, detail, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = tuple(
        FieldProblem(field=".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), detail=one["msg"])
        for one in error.errors()
    )
    detail = "; ".join(f"{one.field}: {one.detail}" for one in fields)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"{detail}. /docs describes the request.", errors=fields)


async def catch_all(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Log an unexpected error in full, and return a 500 that reveals nothing of it."""
    try:
        return await call_next(request)
    except Exception:  # noqa: BLE001 - the last resort; the traceback goes into the log
        logger.exception("Unhandled error")
        return problem(
            request,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "The service failed; your request was not the cause. Try again; if it fails again, quote the request id.",
        )


def install(app: FastAPI) -> None:
    app.add_exception_handler(FaceError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
