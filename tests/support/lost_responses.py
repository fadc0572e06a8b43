"""Calls to AWS that take effect, and whose response is lost."""

import pytest
from botocore.client import BaseClient


def lose_first_response(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Let the SDK make this call twice, as it does when the response to the first attempt is lost."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def twice(client: BaseClient, name: str, parameters: dict[str, object]) -> object:
        if name == operation:
            make(client, name, parameters)
        return make(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", twice)
