"""Limits how many requests wait for a result at the same time, with leases in DynamoDB. A lease is held by one process.

A function's process serves one request at a time, so the right to wait belongs to the process. It keeps its
lease between requests and renews it about once a minute, so a waiting request usually does not cost a write.
"""

import random
import secrets
from datetime import datetime, timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr

from facelib.domain import limits
from facelib.stores.attributes import Item, number, text, time_text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import ConditionFailed, condition_arguments, conditional_write

_LEASE: Final = timedelta(seconds=limits.WAIT_SECONDS + 40)
# Leases are tried in a random order; each failed attempt also costs a write.
_TRIES: Final = 3


class WaitingStore:
    """The leases as seen by one process, which holds at most one lease."""

    def __init__(self, table: str, leases: int) -> None:
        self._table = table
        self._leases = leases
        self._holder = secrets.token_hex(8)
        self._held: int | None = None
        self._until = datetime.min.replace(tzinfo=utc_now().tzinfo)

    def may_wait(self, seconds: int) -> bool:
        """Return whether this process may keep a request waiting for this long; if so, its lease covers that time."""
        if self._until >= utc_now() + timedelta(seconds=seconds):
            return True
        held = [] if self._held is None else [self._held]
        others = random.sample(range(self._leases), min(_TRIES, self._leases))
        return any(self._take(lease) for lease in dict.fromkeys([*held, *others]))

    def _take(self, lease: int) -> bool:
        now = utc_now()
        until = now + _LEASE
        item = {
            **_key(lease),
            "holder": text(self._holder),
            "expires_at": text(time_text(until)),
            "ttl": number(int(until.timestamp()) + 1),
        }
        is_new, is_held = Attr("record_id").not_exists(), Attr("holder").eq(self._holder)
        is_free = is_new | is_held | Attr("expires_at").lt(time_text(now))
        try:
            with conditional_write():
                dynamodb().put_item(TableName=self._table, Item=item, **condition_arguments(is_free))
        except ConditionFailed:
            return False
        self._held, self._until = lease, until
        return True


def _key(lease: int) -> Item:
    return {"record_id": text(f"waiting#{lease}")}
