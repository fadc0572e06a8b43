"""The authorizer, with tables in moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from face_authorizer.main import handler, settings
from facelib.domain.access import ApiKey, Identity, Principal, Refusal
from facelib.stores import clients
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.access.tickets import TicketStore

from infra.keys import new_key
from tests.support.account import Cloud
from tests.support.context import Context

ARN = "arn:aws:execute-api:us-east-1:123456789012:face0002/ws/$connect"


@pytest.fixture
def keys(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyStore]:
    monkeypatch.setenv("KEYS_TABLE", account.keys_table)
    monkeypatch.setenv("ACCESS_TABLE", account.access_table)
    settings.cache_clear()
    yield KeyStore(account.keys_table)
    settings.cache_clear()


@pytest.fixture
def key(keys: KeyStore) -> tuple[ApiKey, str]:
    stored, key = new_key("alice", "send,read", 5, 1)
    keys.add(stored)
    return stored, key


def identify(credentials: str, **others: str) -> Identity:
    event = {
        "version": "2.0",
        "type": "REQUEST",
        "identitySource": [credentials],
        "headers": {"authorization": credentials, **others},
    }
    response = handler(event, Context())
    identity = Identity.model_validate_json(response["context"]["identity"])
    # A refused but well-formed key is let through, so that the API can explain the refusal. For any other text, an
    # invocation of the API is not worth its cost.
    assert response["isAuthorized"] is (identity.refusal is not Refusal.MALFORMED)
    return identity


def connect(ticket: str | None) -> dict[str, Any]:
    event = {"type": "REQUEST", "methodArn": ARN, "queryStringParameters": {"ticket": ticket} if ticket else None}
    return dict(handler(event, Context()))


def effect(response: dict[str, Any]) -> str:
    [statement] = response["policyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("execute-api:Invoke", ARN)
    return str(statement["Effect"])


@pytest.mark.parametrize("form", ["Bearer {}", "bearer  {}", "{}"])
def test_a_key_resolves_to_its_owner(key: tuple[ApiKey, str], form: str) -> None:
    assert identify(form.format(key[1])) == Identity(principal=key[0].principal)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda key: "", Refusal.MALFORMED),
        (lambda key: f"Basic {key}", Refusal.MALFORMED),
        (lambda key: f"Bearer {key}0", Refusal.MALFORMED),
        (lambda key: f"Bearer {key} {key}", Refusal.MALFORMED),
        (lambda key: f"Bearer {key.upper()}", Refusal.MALFORMED),
        (lambda key: f"Bearer {key[:-1]}{'0' if key[-1] != '0' else '1'}", Refusal.UNKNOWN),
        (lambda key: f"Bearer fc_{'0' * 12}_{key[-64:]}", Refusal.UNKNOWN),
    ],
)
def test_invalid_keys_are_refused(key: tuple[ApiKey, str], change: Any, refusal: Refusal) -> None:
    assert identify(change(key[1])) == Identity(refusal=refusal)


def test_only_the_identity_source_counts(key: tuple[ApiKey, str]) -> None:
    """API Gateway caches by identity source, so a key elsewhere would admit later callers with the same header."""
    others = {"x-api-key": key[1], "x-amz-security-token": key[1]}
    assert identify("Bearer nothing", **others) == Identity(refusal=Refusal.MALFORMED)


def test_a_revoked_or_expired_key_is_refused_with_the_reason(keys: KeyStore, key: tuple[ApiKey, str]) -> None:
    stored, text = key
    keys.revoke(stored)
    assert identify(text) == Identity(refusal=Refusal.REVOKED)
    assert identify(text[:-1] + "x") == Identity(refusal=Refusal.MALFORMED), (
        "without the secret, the response does not reveal that the key was revoked"
    )
    late, text = new_key("alice", "read", None, 1)
    keys.add(late.model_copy(update={"expires_at": datetime.now(UTC)}))
    assert identify(text) == Identity(refusal=Refusal.EXPIRED)


def test_a_ticket_admits_one_listener(account: Cloud, key: tuple[ApiKey, str]) -> None:
    ticket, _ = TicketStore(account.access_table).issue(key[0].principal)
    response = connect(ticket)
    assert (effect(response), response["principalId"]) == ("Allow", "alice")
    assert Identity.model_validate_json(response["context"]["identity"]).principal == key[0].principal
    assert effect(connect(ticket)) == "Deny"


@pytest.mark.parametrize("ticket", [None, "", "nonsense", "ticket#x"])
def test_invalid_tickets_are_denied(keys: KeyStore, ticket: str | None) -> None:
    assert effect(connect(ticket)) == "Deny"


def test_an_expired_ticket_is_denied(account: Cloud, key: tuple[ApiKey, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facelib.domain.limits.TICKET_SECONDS", 0)
    ticket, _ = TicketStore(account.access_table).issue(key[0].principal)
    assert effect(connect(ticket)) == "Deny"


def test_a_ticket_whose_key_has_since_been_revoked_is_denied(
    account: Cloud, keys: KeyStore, key: tuple[ApiKey, str]
) -> None:
    ticket, _ = TicketStore(account.access_table).issue(key[0].principal)
    keys.revoke(key[0])
    assert effect(connect(ticket)) == "Deny"


def test_a_ticket_that_was_issued_without_a_key_is_denied(account: Cloud, keys: KeyStore) -> None:
    """A ticket issued while access was open is invalid once keys are required."""
    nobody = Principal(owner="public", scopes=frozenset())
    assert effect(connect(TicketStore(account.access_table).issue(nobody)[0])) == "Deny"


def test_neither_keys_nor_tickets_are_stored_or_logged(
    account: Cloud, key: tuple[ApiKey, str], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    ticket, _ = TicketStore(account.access_table).issue(key[0].principal)
    identify(f"Bearer {key[1]}")
    connect(ticket)
    connect(ticket)
    secret = key[1].rpartition("_")[2]
    tables = [clients.dynamodb().scan(TableName=name) for name in (account.keys_table, account.access_table)]
    written = json.dumps(tables, default=str) + "".join(capsys.readouterr()) + caplog.text
    assert key[0].key_id in written
    assert secret not in written
    assert ticket not in written


def test_half_of_a_surrogate_pair_is_not_a_key_or_ticket(keys: KeyStore) -> None:
    assert effect(connect("\ud800")) == "Deny"
    assert identify("Bearer fc_0123456789abcdef_\ud800").principal is None
