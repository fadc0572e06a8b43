"""The application: its routes, and what every response has in common."""

from functools import cache, partial
from http import HTTPStatus
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from face_api import oversized, problems
from face_api.documents.openapi import TAGS, describe
from face_api.head import HeadFromGet
from face_api.origins import refuse_foreign_origin
from face_api.pages.content_security import DEFAULT_POLICY
from face_api.principals import require
from face_api.routes import access, corrections, faces, images, jobs, rekognition, renders, service, uploads

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": DEFAULT_POLICY,
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Responses describe people's photos; those that may be cached set the header themselves.
    "Cache-Control": "no-store",
}

_WORTH_COMPRESSING_BYTES: Final = 1_000

_DESCRIPTION: Final = """Finds or hides the faces in photos, and sends every result to listeners.

**Stream.** `GET /limits` gives `stream_url`, a WebSocket. Each frame is `{"events": [...]}` with `job.completed`,
`job.failed`, `job.corrected` and `job.deleted`. `?job_id=` limits it to one job, `?replay=20` begins with the latest
events, `?after=<event_id>` with all events after that one. [asyncapi.json](asyncapi.json) describes every frame in both
directions.

**Keys.** If `access` in `GET /limits` is `keys`, click Authorize and paste your key. Errors are
`application/problem+json` (RFC 9457) and state what to do next.
"""


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` to responses; a header that a response sets itself is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def create_app() -> FastAPI:
    app = FastAPI(
        title="Facecast",
        version="1",
        description=_DESCRIPTION,
        dependencies=[Depends(refuse_foreign_origin)],
        docs_url=None,
        redoc_url=None,
        # A redirect from `/jobs/` to `/jobs` would not include the path prefix of the API.
        redirect_slashes=False,
        responses=problems.responses(HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.INTERNAL_SERVER_ERROR),
        # Relative to openapi.json, so that it works with any path prefix.
        servers=[{"url": ".", "description": "this service"}],
        openapi_tags=TAGS,
        generate_unique_id_function=lambda route: route.name,
    )
    _include_routers(app)
    problems.install(app)
    # The middleware that is added last is the outermost.
    # API Gateway does not compress responses; compression reduces a page of the list to a tenth of its size.
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_COMPRESSING_BYTES)
    app.add_middleware(problems.LastResort)
    app.add_middleware(oversized.BoundedBody)
    app.add_middleware(oversized.BoundedQuery)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadFromGet)
    app.openapi = cache(partial(describe, app))  # type: ignore[method-assign]
    return app


def _include_routers(app: FastAPI) -> None:
    needs_key = problems.responses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    for router in (
        images.router,
        uploads.router,
        jobs.router,
        renders.router,
        faces.router,
        corrections.router,
        access.router,
    ):
        # A route that does not require a scope still requires a key.
        app.include_router(router, dependencies=[Depends(require)], responses=needs_key)
    app.include_router(rekognition.router)
    app.include_router(service.router)
    service.install(app)
