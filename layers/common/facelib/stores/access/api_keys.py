"""Keys in DynamoDB. Functions can only read the table; only the operator creates and revokes keys."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr

from facelib.domain.access import ApiKey, Identity, Refusal, split_key
from facelib.stores.attributes import Item, Items, number, text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import condition_arguments

# How long an expired or revoked key is still listed.
_LISTED: Final = timedelta(days=90)

_KEYS: Final = Items(ApiKey)


class KeyStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def add(self, key: ApiKey) -> None:
        is_new = condition_arguments(Attr("key_id").not_exists())
        dynamodb().put_item(TableName=self._table, Item=key_item(key), **is_new)

    def get(self, key_id: str) -> ApiKey | None:
        response = dynamodb().get_item(TableName=self._table, Key={"key_id": text(key_id)}, ConsistentRead=True)
        return _KEYS.model(response["Item"]) if "Item" in response else None

    def all(self) -> Iterator[ApiKey]:
        """Yield every listed key, in no particular order."""
        for page in dynamodb().get_paginator("scan").paginate(TableName=self._table):
            yield from map(_KEYS.model, page["Items"])

    def revoke(self, key: ApiKey) -> ApiKey:
        """Mark a key as permanently revoked."""
        revoked = key.model_copy(update={"revoked_at": key.revoked_at or utc_now()})
        dynamodb().put_item(TableName=self._table, Item=key_item(revoked))
        return revoked

    def remove(self, key_id: str) -> None:
        """Remove a key's record; the key is then unknown."""
        dynamodb().delete_item(TableName=self._table, Key={"key_id": text(key_id)})

    def identify(self, credentials: str) -> Identity:
        """Return the principal of a key. A key with a wrong secret counts as unknown."""
        parts = split_key(credentials)
        if parts is None:
            return Identity(refusal=Refusal.MALFORMED)
        key = self.get(parts[0])
        if key is None or not key.is_secret(parts[1]):
            return Identity(refusal=Refusal.UNKNOWN)
        refusal = key.refusal(utc_now())
        return Identity(refusal=refusal) if refusal else Identity(principal=key.principal)

    def is_valid(self, key_id: str) -> bool:
        """Return whether a key is still valid."""
        key = self.get(key_id)
        return key is not None and key.refusal(utc_now()) is None


def key_item(key: ApiKey) -> Item:
    ttl = int(((key.revoked_at or key.expires_at) + _LISTED).timestamp())
    return {"ttl": number(ttl), **_KEYS.item(key)}
