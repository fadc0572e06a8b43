"""Stores tickets for the stream in DynamoDB.

Browsers use tickets because they cannot send a key in a WebSocket header and must not put it in a URL.
"""

import secrets
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from facelib.domain import limits
from facelib.domain.access import Principal, digest_of
from facelib.stores.attributes import Item, number, text, time_text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import ConditionFailed, condition_arguments, conditional_write


class TicketStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def issue(self, principal: Principal) -> tuple[str, datetime]:
        """Return a new ticket and the time at which it expires. Only the SHA-256 of the ticket is stored."""
        ticket, expires_at = secrets.token_urlsafe(32), utc_now() + timedelta(seconds=limits.TICKET_SECONDS)
        item = {
            **_key(ticket),
            "principal": text(principal.model_dump_json()),
            "expires_at": text(time_text(expires_at)),
            "ttl": number(int(expires_at.timestamp()) + 1),
        }
        dynamodb().put_item(TableName=self._table, Item=item)
        return ticket, expires_at

    def redeem(self, ticket: str) -> Principal | None:
        """Delete a ticket and return its principal, or None if it is invalid. Of concurrent attempts, one succeeds."""
        is_valid = condition_arguments(Attr("expires_at").gt(time_text(utc_now())))
        try:
            with conditional_write():
                response = dynamodb().delete_item(
                    TableName=self._table, Key=_key(ticket), ReturnValues="ALL_OLD", **is_valid
                )
        except ConditionFailed:
            return None
        return Principal.model_validate_json(response["Attributes"]["principal"]["S"])


def _key(ticket: str) -> Item:
    return {"record_id": text(f"ticket#{digest_of(ticket)}")}
