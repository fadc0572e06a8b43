"""The clients to test, sync and async alike, and the pauses that they make."""

import pytest

from tests.support.clients import Caller, call_async, call_sync


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Caller:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip waits; return the seconds that they would have taken."""
    taken: list[float] = []

    async def sleep(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr("facecast.async_client.asyncio.sleep", sleep)
    monkeypatch.setattr("facecast.client.time.sleep", taken.append)
    return taken
