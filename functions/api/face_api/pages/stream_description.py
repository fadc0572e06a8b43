"""The stream's AsyncAPI document, with the address of this deployment."""

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from facelib.domain.access import Access
from facelib.settings import ApiSettings

_DOCUMENT: Final = Path(__file__).parent / "asyncapi.json"


def describe_stream(settings: ApiSettings) -> dict[str, Any]:
    """Return the document with one server, the stream of this deployment."""
    document: dict[str, Any] = json.loads(_DOCUMENT.read_text())
    address = urlsplit(settings.stream_url)
    server = {"host": address.netloc, "pathname": address.path or "/", "protocol": address.scheme}
    if settings.access is Access.KEYS:
        server["security"] = document["servers"]["aws"]["security"]
    return document | {"servers": {"stream": server}}
