"""A fake Facecast service for the client's tests, with a table of prepared responses."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
from face_api.documents.examples import EXAMPLE_OF

JOB_ID: Final = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"
KEY: Final = "fc_0123456789_secret"
LIMITS: Final = {
    "direct_upload_bytes": 10,
    "presigned_upload_bytes": 20,
    "wait_seconds": 7,
    "replay_limit": 100,
    "stream_url": "ws://127.0.0.1:9/ws",
    "formats": ["jpeg"],
}
_JOB: Final[dict[str, Any]] = EXAMPLE_OF["JobView"]
FACE: Final = _JOB["faces"][0] | {"box": {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}, "confidence": 0.9}


def a_job(status: str = "completed", **changes: Any) -> dict[str, Any]:
    job = {
        "job_id": JOB_ID,
        "status": status,
        "created_at": "2026-11-24T10:00:00Z",
        "completed_at": None,
        "expires_at": "2026-11-25T10:00:00Z",
        "options": {"render": ["boxes"]},
        "face_count": 1,
        "failure": None,
        "faces": [FACE],
    }
    return _JOB | job | changes


Responses = httpx.Response | Exception | list[httpx.Response | Exception]


class PlayedService:
    """Looks up its responses under keys such as `GET /api/limits`, and records the requests.

    If a value is a list, each request is answered with the next response in the list.
    """

    url: Final = "https://example.test/api"

    def __init__(self, responses: Mapping[str, Any]) -> None:
        self.requests: list[httpx.Request] = []
        self._responses: dict[str, Any] = {"GET /api/limits": httpx.Response(200, json=LIMITS), **responses}
        self.transport = httpx.MockTransport(self._respond)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        response = self._responses[f"{request.method} {request.url.path}"]
        if isinstance(response, list):
            response = response.pop(0)
        if isinstance(response, Exception):
            raise response
        # A copy, because a response can be read only once.
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)
