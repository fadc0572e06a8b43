"""Which web pages may call the API: if CorsOrigins lists origins, requests from all others are refused.

CORS prevents a page from reading a response, not from sending a request, so a request without a preflight would still
take effect.
"""

from http import HTTPStatus

from fastapi import HTTPException, Request

from face_api.dependencies import SettingsDep


async def refuse_foreign_origin(request: Request, settings: SettingsDep) -> None:
    """Refuse requests from pages whose origin CorsOrigins does not allow. Raises HTTPException (403)."""
    if not settings.allow(request.headers.get("origin")):
        raise HTTPException(
            HTTPStatus.FORBIDDEN,
            "Web pages of this origin cannot use the service. Open the service's own page, or add the origin to the "
            "parameter CorsOrigins.",
        )
