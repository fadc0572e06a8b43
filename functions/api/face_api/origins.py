"""Who may call from a browser: where origins are named, a page of any other is refused.

CORS keeps a page from reading an answer, not from asking, so requests that need no preflight would get through.
"""

from http import HTTPStatus

from fastapi import HTTPException, Request

from face_api.dependencies import SettingsDep


def refuse_foreign_origin(request: Request, settings: SettingsDep) -> None:
    """Raises HTTPException (403) for a page of an origin that the parameter CorsOrigins does not name."""
    if not settings.allow(request.headers.get("origin")):
        raise HTTPException(
            HTTPStatus.FORBIDDEN,
            "Pages of this origin may not use the service. Open the service's own page, or name the origin in the "
            "parameter CorsOrigins.",
        )
