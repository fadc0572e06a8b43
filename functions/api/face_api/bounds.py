"""Messages about requests that are refused for their size before they are parsed."""

from facelib.domain import limits

BODY_TOO_LARGE = f"The body is too large; a JSON request may have at most {limits.JSON_BYTES:,} bytes."
QUERY_TOO_LONG = f"The URL is too long; its query may have at most {limits.QUERY_BYTES:,} bytes."
