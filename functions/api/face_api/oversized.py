"""Refuses requests that are too large before the application parses them."""

from http import HTTPStatus
from typing import Final

from facelib.domain import limits
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from face_api.bounds import BODY_TOO_LARGE, QUERY_TOO_LONG
from face_api.problems import problem

# The bodies of these routes contain an image, whose size the routes check.
_OF_IMAGES: Final = ("/image", "/rekognition")


class BoundedQuery:
    """Refuses a long query before the application parses it, which it would do once for each dependency."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope.get("query_string", b"")) > limits.QUERY_BYTES:
            response = problem(Request(scope), HTTPStatus.REQUEST_URI_TOO_LONG, QUERY_TOO_LONG)
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class BoundedBody:
    """Refuses a large JSON body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rstrip("/").endswith(_OF_IMAGES):
            await self._app(scope, receive, send)
            return
        body = b""
        message: Message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
            if len(body) > limits.JSON_BYTES:
                response = problem(Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, BODY_TOO_LARGE)
                await response(scope, receive, send)
                return
        whole: list[Message] = [{**message, "body": body}]

        async def received() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, received, send)
