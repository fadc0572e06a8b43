"""The API in process: requests are passed directly to the application."""

import asyncio
from functools import cache
from typing import Any

import httpx
from face_api.app import create_app
from face_api.documents.openapi import describe
from facelib.domain.access import Identity
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send


@cache
def shared_app() -> FastAPI:
    """Return the application that all tests share, because a new one would analyse its routes again."""
    return create_app()


@cache
def described() -> dict[str, Any]:
    """Return the application's OpenAPI document, which callers must not change."""
    return describe(shared_app())


class Api:
    """Sends requests to the application. If `identity` is set, it is attached as API Gateway would attach it."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.identity: Identity | None = None
        # An unexpected error becomes a response, as on Lambda, and is not raised in the test.
        self._transport = httpx.ASGITransport(self._authorized, raise_app_exceptions=False)

    async def _authorized(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.identity is not None:
            context = {"lambda": {"identity": self.identity.model_dump_json()}}
            scope["aws.event"] = {"requestContext": {"authorizer": context}}
        await self.app(scope, receive, send)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send(method, path, options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="https://api.example") as client:
            return await client.request(method, path, **options)
