"""Errors as problem+json: one table maps the domain's errors to HTTP, and a last handler catches all others."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from facelib.domain import limits
from facelib.domain.access import Refusal
from facelib.domain.detail import shortened
from facelib.domain.errors import (
    CorrectionsChanged,
    CursorInvalid,
    DetectorBusy,
    FaceError,
    FaceNotFound,
    ImageRejected,
    JobConflict,
    JobNotFound,
    KeyReused,
    NoResult,
    OriginalGone,
    QuotaExceeded,
    RenderNotFound,
    RenderRefused,
    ScopeMissing,
    StoreContended,
    StoreThrottled,
    Unauthenticated,
)
from facelib.domain.job import FailureReason, ImageFormat
from facelib.domain.validation import message_of, summary
from facelib.observability import logger
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from face_api.bounds import QUERY_TOO_LONG
from face_api.models import FieldProblem, Problem

MEDIA_TYPE: Final = "application/problem+json"

# An error that is not listed is a 422.
STATUS_OF: Final[Mapping[type[FaceError], HTTPStatus]] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    ScopeMissing: HTTPStatus.FORBIDDEN,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    DetectorBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreContended: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreThrottled: HTTPStatus.SERVICE_UNAVAILABLE,
    JobNotFound: HTTPStatus.NOT_FOUND,
    JobConflict: HTTPStatus.CONFLICT,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    CursorInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoResult: HTTPStatus.GONE,
    OriginalGone: HTTPStatus.GONE,
    RenderRefused: HTTPStatus.FORBIDDEN,
    RenderNotFound: HTTPStatus.NOT_FOUND,
    FaceNotFound: HTTPStatus.NOT_FOUND,
    CorrectionsChanged: HTTPStatus.PRECONDITION_FAILED,
}
STATUS_OF_REASON: Final[Mapping[FailureReason, HTTPStatus]] = {
    FailureReason.UNSUPPORTED_FORMAT: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    FailureReason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
EXPLAINED: Final = {
    # The service may have a path prefix, so /docs by itself may be wrong.
    HTTPStatus.NOT_FOUND: "Not found. For a list of all paths, open /docs below the service's base URL.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Method not allowed; the Allow header lists the supported methods.",
}


_FAILED: Final = (
    "Internal error; your request was not the cause. Try again. If it fails again, report it with the request id."
)
_EXAMPLE_REQUEST_ID: Final = "5c0b7a52-9b3e-4a0e-8f5d-3b1f6a2c9d10"
# Examples in /docs.
EXAMPLE_OF: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "There was an error parsing the body",
    HTTPStatus.UNAUTHORIZED: Refusal.UNKNOWN,
    HTTPStatus.FORBIDDEN: "Web pages of this origin cannot use the service. Open the service's own page, or add the "
    "origin to the parameter CorsOrigins.",
    HTTPStatus.NOT_FOUND: str(JobNotFound()),
    HTTPStatus.CONFLICT: "The job is pending, so there is no result yet; try again later, or listen on the stream.",
    HTTPStatus.GONE: str(NoResult(None)),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The image is 6,204,118 bytes; POST /image accepts at most "
    f"{limits.DIRECT_UPLOAD_BYTES:,}. POST /uploads returns a form that accepts {limits.PRESIGNED_UPLOAD_BYTES:,}.",
    HTTPStatus.REQUEST_URI_TOO_LONG: QUERY_TOO_LONG,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: f"This is a PDF document. Send one of {', '.join(ImageFormat)}.",
    HTTPStatus.UNPROCESSABLE_ENTITY: f"max_faces: Input should be less than or equal to {limits.MAX_FACES}. "
    "/docs describes the request.",
    HTTPStatus.TOO_MANY_REQUESTS: str(QuotaExceeded(1_000, retry_after=3_600)),
    HTTPStatus.INTERNAL_SERVER_ERROR: _FAILED,
    HTTPStatus.SERVICE_UNAVAILABLE: str(DetectorBusy()),
}


def responses(
    *statuses: HTTPStatus, examples: Mapping[HTTPStatus, str] = EXAMPLE_OF
) -> dict[int | str, dict[str, Any]]:
    """Describe the errors that a route may return, for its OpenAPI description; `examples` replace the general ones."""
    details = {**EXAMPLE_OF, **examples}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status.value: {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"schema": schema, "example": _example(status, details[status])}},
        }
        for status in statuses
    }


def _example(status: HTTPStatus, detail: str) -> dict[str, Any]:
    example = Problem(title=status.phrase, status=status, detail=detail, request_id=_EXAMPLE_REQUEST_ID)
    return example.model_dump(mode="json", exclude_none=True)


def request_id(request: Request) -> str | None:
    context = request.scope.get("aws.context")
    return getattr(context, "aws_request_id", None)


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    errors: tuple[FieldProblem, ...] | None = None,
    job_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = Problem(
        title=status.phrase,
        status=status,
        detail=detail,
        request_id=request_id(request),
        job_id=job_id,
        errors=errors,
    ).model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FaceError)
    if isinstance(error, ImageRejected):
        status = STATUS_OF_REASON.get(error.failure.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
        return problem(request, status, error.failure.detail)
    # A client whose first response was lost learns from this which job its idempotency key belongs to.
    job_id = error.job.job_id if isinstance(error, JobConflict) else None
    status = STATUS_OF.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY)
    return problem(request, status, str(error), job_id=job_id, headers=_headers(error))


def _headers(error: FaceError) -> dict[str, str]:
    """Return headers that state how to authenticate (RFC 6750), or when to try again."""
    match error:
        case Unauthenticated(refusal=Refusal.MISSING):
            return {"WWW-Authenticate": 'Bearer realm="facecast"'}
        case Unauthenticated():
            return {"WWW-Authenticate": 'Bearer realm="facecast", error="invalid_token"'}
        case ScopeMissing(scope=scope):
            return {"WWW-Authenticate": f'Bearer realm="facecast", error="insufficient_scope", scope="{scope}"'}
        case FaceError(retry_after=int(seconds)):
            return {"Retry-After": str(seconds)}
        case _:
            return {}


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = error.detail if error.detail != status.phrase else EXPLAINED.get(status, error.detail)
    return problem(request, status, detail, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    fields = tuple(_field_problem(one) for one in problems[: limits.PROBLEMS])
    detail = summary([f"{one.field}: {one.detail}" for one in fields], len(problems))
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"{detail}. /docs describes the request.", errors=fields)


def _field_problem(one: Mapping[str, Any]) -> FieldProblem:
    field = ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0])
    return FieldProblem(
        field=shortened(field, limits.PROBLEM_BYTES), detail=shortened(message_of(one), limits.PROBLEM_BYTES)
    )


class LastResort:
    """Logs an unexpected error in full, and returns a 500 without details."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - the traceback is logged
            logger.exception("Unhandled error")
            response = problem(Request(scope), HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED)
            await response(scope, receive, send)


def install(app: FastAPI) -> None:
    app.add_exception_handler(FaceError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
