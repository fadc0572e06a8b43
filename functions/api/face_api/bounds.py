"""Limits on the size of a request, checked before validation, so that work and response are bounded."""

from facelib.domain import limits

BODY_TOO_LARGE = f"The body is too large; a JSON request may have at most {limits.JSON_BYTES:,} bytes."
QUERY_TOO_LONG = f"The URL is too long; its query may have at most {limits.QUERY_BYTES:,} bytes."
