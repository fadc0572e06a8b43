"""Simulates calls to AWS that succeed although their responses are lost, and calls that AWS cancels."""

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError


def lose_first_response(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Make the SDK send this call twice, as it does when the response to the first attempt is lost."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def twice(client: BaseClient, name: str, parameters: dict[str, object]) -> object:
        if name == operation:
            make(client, name, parameters)
        return make(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", twice)


def cancel_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make DynamoDB cancel every transaction, as it does when other clients are writing the same items."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def cancelled(client: BaseClient, name: str, parameters: dict[str, object]) -> object:
        if name == "TransactWriteItems":
            raise ClientError(
                {"Error": {"Code": "TransactionCanceledException", "Message": "TransactionConflict"}}, name
            )
        return make(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", cancelled)
