"""Truncates messages as soon as they are created, because they may quote untrusted input."""

import json
from itertools import accumulate
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from facelib.domain import limits

_ELLIPSIS: Final = "…"


def shortened(text: str, limit: int) -> str:
    """Return the text as valid UTF-8, truncated with an ellipsis to at most `limit` bytes in JSON.

    JSON encodes a control character as six bytes, so counting characters would not limit an event's size.
    """
    clean = text[: limit + 1].encode(errors="replace").decode()
    if json_bytes(clean) <= limit:
        return clean
    room = limit - json_bytes(_ELLIPSIS)
    kept = sum(size <= room for size in accumulate(map(json_bytes, clean)))
    return clean[:kept].rstrip() + _ELLIPSIS


def json_bytes(text: str) -> int:
    """Return the size of a text in JSON, without its quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def _cut(value: object) -> object:
    return shortened(value, limits.DETAIL_BYTES) if isinstance(value, str) else value


# Validation truncates instead of failing: a missing record or event would be worse than a truncated one.
Detail = Annotated[str, BeforeValidator(_cut), Field(max_length=limits.DETAIL_BYTES)]
