"""Liveness, limits, documentation and the web page."""

from pathlib import Path
from typing import Any, Final

import fastapi_swagger.resources
from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from face_api.dependencies import ImagesDep, SettingsDep
from face_api.models import Health, Limits
from face_api.pages import STATIC
from face_api.pages.content_security import docs_policy, page_policy
from face_api.pages.stream_description import describe_stream

router = APIRouter(tags=["service"])

SWAGGER_UI: Final = Path(fastapi_swagger.resources.__file__).parent


class CachedFiles(StaticFiles):
    """Static files that browsers cache for a few minutes, because each request invokes a function."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - as in the base class
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


@router.get("/health", summary="Check that the service is up")
def get_health(settings: SettingsDep) -> Health:
    """Report whether the API is up, and which networks detect the faces."""
    return Health(status="ok", detectors=tuple(filter(None, settings.detection_models.split(","))))


@router.get("/limits", summary="Get the current limits")
def get_limits(settings: SettingsDep) -> Limits:
    """Get the current limits, and the address of the stream."""
    return Limits.in_force(job_kept_days=settings.job_kept_days, stream_url=settings.stream_url, access=settings.access)


def install(app: FastAPI) -> None:
    """Serve the web page, Swagger UI and the stream's description.

    All URLs in the pages are relative, so that they work below any path.
    """

    @app.get("/", include_in_schema=False)
    def get_page(settings: SettingsDep, images: ImagesDep) -> FileResponse:
        policy = {"Content-Security-Policy": page_policy(settings, images)}
        return FileResponse(STATIC / "index.html", headers=policy)

    @app.get("/docs", include_in_schema=False)
    def get_docs(images: ImagesDep) -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="openapi.json",
            title=f"{app.title} - API",
            swagger_js_url="swagger-ui/swagger-ui-bundle.js",
            swagger_css_url="swagger-ui/swagger-ui.css",
            swagger_favicon_url="swagger-ui/favicon-32x32.png",
            # The list of schemas below the operations is long, so it is collapsed by default.
            swagger_ui_parameters={"defaultModelsExpandDepth": 0, "displayRequestDuration": True},
        )
        page.headers["Content-Security-Policy"] = docs_policy(images)
        return page

    @app.get("/asyncapi.json", include_in_schema=False)
    def get_asyncapi(settings: SettingsDep) -> JSONResponse:
        return JSONResponse(describe_stream(settings))

    app.mount("/swagger-ui", CachedFiles(directory=SWAGGER_UI))
    app.mount("/static", CachedFiles(directory=STATIC))
