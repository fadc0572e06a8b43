"""Calls methods of the blocking or the asynchronous client, which uses the scripted service."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

from facecast import (
    AsyncClient,
    Client,
)

from tests.support.service import PlayedService


class Caller(Protocol):
    def __call__(
        self, played: PlayedService, method: str, *arguments: Any, key: str | None = None, **named: Any
    ) -> Any:
        """Call a method of a client that uses the scripted service. If it returns a generator, return all its items."""


def call_sync(played: PlayedService, method: str, *arguments: Any, key: str | None = None, **named: Any) -> Any:
    with Client(played.url, key=key, transport=played.transport) as client:
        result = getattr(client, method)(*arguments, **named)
        return list(result) if isinstance(result, Iterator) else result


def call_async(played: PlayedService, method: str, *arguments: Any, key: str | None = None, **named: Any) -> Any:
    async def call() -> Any:
        async with AsyncClient(played.url, key=key, transport=played.transport) as client:
            result = getattr(client, method)(*arguments, **named)
            return [one async for one in result] if isinstance(result, AsyncIterator) else await result

    return asyncio.run(call())
