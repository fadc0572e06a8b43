"""An account in moto for whoever asks for it."""

from collections.abc import Iterator

import pytest

from tests.support.account import Cloud, cloud


@pytest.fixture
def account() -> Iterator[Cloud]:
    with cloud() as names:
        yield names
