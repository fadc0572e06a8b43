"""Limits on the size of a request, checked before validation, so that work and response are bounded."""

from http import HTTPStatus

from facelib.domain import limits
from fastapi import HTTPException, Request

BODY_TOO_LARGE = f"The body is too large; a JSON request may have at most {limits.JSON_BYTES:,} bytes."
QUERY_TOO_LONG = f"The URL is too long; its query may have at most {limits.QUERY_BYTES:,} bytes."


async def refuse_large_body(request: Request) -> None:
    """Raise HTTPException (413); for routes whose body is JSON."""
    if len(await request.body()) > limits.JSON_BYTES:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, BODY_TOO_LARGE)
