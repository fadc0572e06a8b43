"""The API in process: requests go straight into the application, as a client would send them."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


class Api:
    def __init__(self, app: FastAPI) -> None:
        self.app = app
        # What no handler expects is answered, as on Lambda, and not raised into the test.
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        return asyncio.run(self._send(method, path, how))

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self.request("POST", path, **how)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    async def _send(self, method: str, path: str, how: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="https://api.example") as client:
            return await client.request(method, path, **how)
