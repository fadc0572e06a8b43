"""The translated template, shared by all tests because translating it takes a second."""

from typing import Any

import pytest

from tests.support.translated import translate


@pytest.fixture(scope="session")
def translated() -> dict[str, Any]:
    return translate()
