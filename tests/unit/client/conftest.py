"""Fixtures: the sync and async clients to test, and a record of their pauses."""

import asyncio

import pytest

from tests.support.clients import Caller, call_async, call_sync


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Caller:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Shorten waits, and return a list that records the requested durations in seconds."""
    taken: list[float] = []
    really = asyncio.sleep

    async def sleep(seconds: float) -> None:
        taken.append(seconds)
        # Otherwise, a listener that cannot connect would try again and again without letting other threads work.
        await really(0.001)

    monkeypatch.setattr("facecast.async_client.asyncio.sleep", sleep)
    monkeypatch.setattr("facecast.client.time.sleep", taken.append)
    return taken
