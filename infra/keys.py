"""Manages the keys of a deployed service, with the operator's own AWS credentials."""

import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from facelib.domain.access import ApiKey, Scope, digest_of, new_secret
from facelib.domain.errors import ConnectionGone, DeliveryFailed
from facelib.domain.job import PUBLIC_OWNER
from facelib.domain.object_keys import is_owner
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi

from infra.errors import CommandFailed
from infra.local.layout import DEFAULT_PORT, LocalStack
from infra.options import Environment, Port, whole_number
from infra.target import choose_stack

_DAYS: Final = 90
_MOST_DAYS: Final = 3_650


def new_key(owner: str, scopes: str, daily: int | None, days: int) -> tuple[ApiKey, str]:
    """Return a new key: the record to store, and the text for its holder. Raises CommandFailed for invalid values."""
    if not is_owner(owner):
        raise CommandFailed(
            f"Invalid owner {owner!r}: use 1 to 64 characters from a-z, 0-9, '.', '_' and '-', for example: "
            "make key OWNER=alice"
        )
    if owner == PUBLIC_OWNER:
        raise CommandFailed(f"{PUBLIC_OWNER!r} is the owner of images sent without a key; choose another name.")
    names = [name.strip() for name in scopes.split(",")]
    if not set(names) <= set(Scope):
        raise CommandFailed(
            f"{scopes!r} is not a list of scopes. Use one or more of {', '.join(Scope)}, separated by commas: "
            f"make key OWNER=alice SCOPES={','.join(Scope)}"
        )
    if daily is not None and daily < 1:
        raise CommandFailed("DAILY must be at least 1 image a day; omit it for no limit.")
    if not 1 <= days <= _MOST_DAYS:
        raise CommandFailed(f"DAYS must be from 1 to {_MOST_DAYS:,}.")
    now, (key_id, secret, key) = datetime.now(UTC), new_secret()
    stored = ApiKey(
        key_id=key_id,
        digest=digest_of(secret),
        owner=owner,
        scopes=frozenset(map(Scope, names)),
        created_at=now,
        expires_at=now + timedelta(days=days),
        images_per_day=daily,
    )
    return stored, key


def describe(key: ApiKey) -> str:
    """Describe a key in one line, without its secret."""
    state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
    if key.revoked_at is None and key.expires_at <= datetime.now(UTC):
        state = f"expired {key.expires_at:%Y-%m-%d}"
    daily = "no daily limit" if key.images_per_day is None else f"daily limit {key.images_per_day:,}"
    return f"{key.key_id}  {key.owner:<16}  {','.join(sorted(key.scopes)):<16}  {daily:<20}  {state}"


def create(keys: KeyStore, stored: ApiKey, key: str) -> None:
    """Store a new key, and print it once, as the last line."""
    keys.add(stored)
    print(describe(stored))
    print(
        "This key is shown only once. Pass it on over a secure channel. Clients send it as `Authorization: Bearer ...`:"
    )
    print(key)


def show(keys: KeyStore) -> None:
    listed = sorted(keys.all(), key=lambda key: (key.owner, key.created_at))
    print("\n".join(map(describe, listed)) if listed else "No keys found. To issue one: make key OWNER=alice")


def revoke(keys: KeyStore, key_id: str, connections: ConnectionStore, connections_api: ConnectionsApi) -> None:
    """Revoke a key and close its connections."""
    # The whole key is also accepted.
    parts = key_id.split("_")
    key = keys.get(parts[1] if len(parts) == 3 else key_id)
    if key is None:
        raise CommandFailed("No key found with this id. `make keys` lists all keys.")
    print(describe(keys.revoke(key)))
    closed = close_connections(key, connections, connections_api)
    print(f"Connections closed: {closed}. API Gateway may accept the key for up to another minute.")


def close_connections(key: ApiKey, connections: ConnectionStore, connections_api: ConnectionsApi) -> int:
    """Close the connections that use a key, and return their number."""
    ended = list(connections.subscriptions.with_key(key.owner, key.key_id))
    for connection_id in ended:
        connections.remove(key.owner, connection_id)
        with suppress(ConnectionGone, DeliveryFailed):
            connections_api.close(connection_id)
    return len(ended)


def connections_api_of(outputs: Mapping[str, str]) -> ConnectionsApi:
    """Return a client of the @connections API of a stack's stream."""
    return ConnectionsApi(re.sub("^ws", "http", outputs["StreamUrl"]))


def outputs_of(stack: str) -> Mapping[str, str]:
    """Return the outputs of a deployed stack. Raises CommandFailed if it is missing or too old."""
    try:
        (description,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise CommandFailed(f"The stack {stack} cannot be read: {error}") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}
    if "KeysTableName" not in outputs:
        raise CommandFailed(f"The stack {stack} is from an older version without keys. Deploy it again.")
    return outputs


def _outputs(environment: str | None, port: int) -> Mapping[str, str]:
    outputs = outputs_of(choose_stack(environment, LocalStack(port), "key OWNER=alice", " PARAMETERS=Access=keys"))
    if outputs.get("Access") == "open":
        print("Access is open: callers do not need a key.", file=sys.stderr)
    return outputs


def issue_key(  # noqa: PLR0913 - each option is a parameter
    owner: Annotated[str, typer.Argument(help="The owner of all jobs that are sent with the key.", show_default=False)],
    *,
    scopes: Annotated[str, typer.Option("--scopes", help="What the key permits, separated by commas.")] = ",".join(
        Scope
    ),
    daily: Annotated[
        int | None, typer.Option("--daily", parser=whole_number, help="Images a day; unlimited if omitted.")
    ] = None,
    days: Annotated[int, typer.Option("--days", parser=whole_number, help="Days until the key expires.")] = _DAYS,
    environment: Environment = None,
    port: Port = DEFAULT_PORT,
) -> None:
    """Issue a key, and print it once."""
    # Checked first, so that invalid values are reported even if no stack is running.
    stored, key = new_key(owner, scopes, daily, days)
    create(KeyStore(_outputs(environment, port)["KeysTableName"]), stored, key)


def list_keys(environment: Environment = None, port: Port = DEFAULT_PORT) -> None:
    """List the keys, without their secrets."""
    show(KeyStore(_outputs(environment, port)["KeysTableName"]))


def revoke_key(
    key: Annotated[str, typer.Argument(help="The key's id, as listed by `keys`.", show_default=False)],
    environment: Environment = None,
    port: Port = DEFAULT_PORT,
) -> None:
    """Revoke a key and close its connections."""
    if not key:
        raise CommandFailed("Pass the key's id: make revoke KEY=<id>. `make keys` lists the ids.")
    outputs = _outputs(environment, port)
    connections = ConnectionStore(outputs["ConnectionsTableName"])
    revoke(KeyStore(outputs["KeysTableName"]), key, connections, connections_api_of(outputs))
