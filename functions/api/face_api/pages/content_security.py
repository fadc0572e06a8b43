"""Content security policies: the exact origins that the API's pages may load and call."""

from typing import Final
from urllib.parse import urlsplit

from facelib.domain.renders import Render
from facelib.settings import ApiSettings
from facelib.stores.objects.images import ImageStore

# Responses that are not pages load nothing.
DEFAULT_POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def page_policy(settings: ApiSettings, images: ImageStore) -> str:
    """Allow the web page's results, uploads and stream, each at its exact origin."""
    results = origin(images.result_url("job", Render.BOXES, seconds=1))
    uploads = origin(images.upload_form("job", None).url)
    return (
        f"{DEFAULT_POLICY}; img-src 'self' blob: data: {results}; "
        f"connect-src 'self' {results} {uploads} {origin(settings.stream_url)}"
    )


def docs_policy(images: ImageStore) -> str:
    """Allow Swagger UI (which an inline script starts), the API, and the results that the API redirects to."""
    inline = "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:"
    results = origin(images.result_url("job", Render.BOXES, seconds=1))
    return f"{DEFAULT_POLICY}; {inline}; connect-src 'self' {results}"


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
