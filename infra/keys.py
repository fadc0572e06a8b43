"""`python -m infra.keys create|list|revoke`: keys of a deployed service, with the operator's own AWS credentials."""

import argparse
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from facelib.domain.access import ApiKey, Scope, digest_of, new_secret
from facelib.domain.errors import ConnectionGone, DeliveryFailed
from facelib.domain.job import PUBLIC_OWNER
from facelib.domain.object_keys import is_owner
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi

from infra.arguments import Arguments
from infra.errors import CommandFailed
from infra.local.layout import DEFAULT_PORT, LocalStack, port_number
from infra.target import choose_stack

_DAYS: Final = 90
_MOST_DAYS: Final = 3_650


def new_key(owner: str, scopes: str, daily: int | None, days: int) -> tuple[ApiKey, str]:
    """Return a new key as it is stored, and as its holder gets it. Raises CommandFailed for what makes no sense."""
    if not is_owner(owner):
        raise CommandFailed(
            f"An owner is 1 to 64 of a-z, 0-9, dot, dash and underscore, not {owner!r}: make key OWNER=alice"
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
        raise CommandFailed("DAILY is at least 1 image a day; leave it out for no limit.")
    if not 1 <= days <= _MOST_DAYS:
        raise CommandFailed(f"DAYS is from 1 to {_MOST_DAYS:,}.")
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
    """Return a line about a key, without anything secret."""
    state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
    if key.revoked_at is None and key.expires_at <= datetime.now(UTC):
        state = f"expired {key.expires_at:%Y-%m-%d}"
    daily = "no daily limit" if key.images_per_day is None else f"{key.images_per_day:,} images a day"
    return f"{key.key_id}  {key.owner:<16}  {','.join(sorted(key.scopes)):<16}  {daily:<20}  {state}"


def create(keys: KeyStore, stored: ApiKey, key: str) -> None:
    """Store a new key and print it, alone on the last line: it is shown this once."""
    keys.add(stored)
    print(describe(stored))
    print("Shown only once; send it over a secure channel. It is sent as `Authorization: Bearer ...`:")
    print(key)


def show(keys: KeyStore) -> None:
    listed = sorted(keys.all(), key=lambda key: (key.owner, key.created_at))
    print("\n".join(map(describe, listed)) if listed else "There are no keys yet. Issue one: make key OWNER=alice")


def revoke(keys: KeyStore, key_id: str, connections: ConnectionStore, connections_api: ConnectionsApi) -> None:
    """Revoke a key and close its connections."""
    # Also if the whole key is given.
    parts = key_id.split("_")
    key = keys.get(parts[1] if len(parts) == 3 else key_id)
    if key is None:
        raise CommandFailed("There is no key with this id. `make keys` lists all keys.")
    print(describe(keys.revoke(key)))
    closed = close_connections(key, connections, connections_api)
    print(f"Connections closed: {closed}. API Gateway accepts it for up to a minute longer.")


def close_connections(key: ApiKey, connections: ConnectionStore, connections_api: ConnectionsApi) -> int:
    """Close the connections that were opened with a key, and return how many there were."""
    ended = list(connections.subscriptions.with_key(key.owner, key.key_id))
    for connection_id in ended:
        connections.remove(key.owner, connection_id)
        with suppress(ConnectionGone, DeliveryFailed):
            connections_api.close(connection_id)
    return len(ended)


def connections_api_of(outputs: Mapping[str, str]) -> ConnectionsApi:
    """Return the callback API of a stack's stream."""
    return ConnectionsApi(re.sub("^ws", "http", outputs["StreamUrl"]))


def outputs_of(stack: str) -> Mapping[str, str]:
    """Return the outputs of a deployed stack. Raises CommandFailed."""
    try:
        (description,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise CommandFailed(f"The stack {stack} cannot be read: {error}") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}
    if "KeysTableName" not in outputs:
        raise CommandFailed(f"The stack {stack} is from an older version without keys. Deploy it again.")
    return outputs


def _new_keys(arguments: argparse.Namespace) -> tuple[tuple[ApiKey, str], ...]:
    """Return the key to create, if one is to be created. Raises CommandFailed for what makes no sense."""
    if arguments.command == "revoke" and not arguments.key:
        raise CommandFailed("Pass the key's id: make revoke KEY=<id>. `make keys` lists them.")
    if arguments.command != "create":
        return ()
    return (new_key(arguments.owner, arguments.scopes, arguments.daily, arguments.days),)


def run(arguments: argparse.Namespace) -> None:
    # Checked first: whether a stack answers does not matter to a request that makes no sense.
    new = _new_keys(arguments)
    local = LocalStack(arguments.port)
    outputs = outputs_of(choose_stack(arguments.environment, local, "key OWNER=alice", " PARAMETERS=Access=keys"))
    keys = KeyStore(outputs["KeysTableName"])
    match arguments.command:
        case "create":
            for stored, key in new:
                create(keys, stored, key)
        case "list":
            show(keys)
        case _:
            connections = ConnectionStore(outputs["ConnectionsTableName"])
            revoke(keys, arguments.key, connections, connections_api_of(outputs))
    if outputs.get("Access") == "open":
        print("Access is open: callers do not need a key.", file=sys.stderr)


def main() -> int:
    parser = Arguments(prog="python -m infra.keys", description=__doc__)
    parser.add_argument("--environment", help="section of samconfig.toml; default: the local stack")
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", str(DEFAULT_PORT)))
    commands = parser.add_subparsers(dest="command", required=True)
    created = commands.add_parser("create")
    created.add_argument("owner")
    created.add_argument("--scopes", default=",".join(Scope))
    created.add_argument("--daily", type=int)
    created.add_argument("--days", type=int, default=_DAYS)
    commands.add_parser("list")
    commands.add_parser("revoke").add_argument("key")
    try:
        run(parser.parse_args())
    except CommandFailed as refused:
        print(refused, file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"AWS refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
