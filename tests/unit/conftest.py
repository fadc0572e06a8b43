"""Fixtures for an account in moto, and for metrics that are reset for each test.

Most imports are in the fixtures, because the process that distributes the tests also loads this file.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# Imported first, because the check must be installed before boto3's session is created.
from tests.support import strict_parameters

if TYPE_CHECKING:
    from tests.support.account import Cloud


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """Refuse parameters that AWS would refuse.

    This applies only to unit tests, because the local stack's ARNs differ from AWS's.
    """
    with strict_parameters.checked():
        yield


@pytest.fixture
def account() -> Iterator["Cloud"]:
    from tests.support.account import cloud  # noqa: PLC0415

    with cloud() as names:
        yield names


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip the waits between attempts, and return a list that records their durations in seconds."""
    seconds: list[float] = []
    monkeypatch.setattr("facelib.stores.backoff.sleep", seconds.append)
    return seconds


@pytest.fixture(autouse=True)
def no_metrics_of_other_tests() -> Iterator[None]:
    """Discard metrics that were counted outside a handler, because the next handler would publish them."""
    from facelib.observability import metrics  # noqa: PLC0415

    yield
    metrics.clear_metrics()
