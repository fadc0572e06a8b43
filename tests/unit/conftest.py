"""Fixtures for an account in moto, and for metrics that are reset for each test."""

from collections.abc import Iterator

import pytest
from facelib.observability import metrics
from facelib.stores import backoff

from tests.support import strict_parameters
from tests.support.account import Cloud, cloud


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """Refuse parameters that AWS would refuse. Only in unit tests, because the local stack's ARNs differ from AWS's."""
    with strict_parameters.checked():
        yield


@pytest.fixture
def account() -> Iterator[Cloud]:
    with cloud() as names:
        yield names


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list of waits between attempts, which are skipped."""
    seconds: list[float] = []
    monkeypatch.setattr(backoff, "sleep", seconds.append)
    return seconds


@pytest.fixture(autouse=True)
def no_metrics_of_other_tests() -> Iterator[None]:
    """Discard metrics counted outside of a handler, which the next handler would publish."""
    yield
    metrics.clear_metrics()
