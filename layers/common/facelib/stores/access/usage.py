"""Counts the images that an owner sends in a day (UTC), in DynamoDB with conditional writes."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from facelib.domain.access import Principal
from facelib.domain.errors import QuotaExceeded
from facelib.stores.attributes import Item, number, text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import Change, ConditionFailed, conditional_write

_KEPT: Final = timedelta(days=40)


class UsageStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def count(self, principal: Principal) -> date | None:
        """Count one image, and return the day of the counter. Raises QuotaExceeded if the key's limit is used up.

        With open access nothing is counted, because callers cannot be distinguished.
        """
        if principal.key_id is None:
            return None
        limit, now = principal.images_per_day, utc_now()
        is_allowed = None if limit is None else Attr("images").not_exists() | Attr("images").lt(limit)
        try:
            self._add(principal.owner, now.date(), 1, is_allowed)
        except ConditionFailed:
            raise QuotaExceeded(limit or 0, int((next_day(now) - now).total_seconds()) + 1) from None
        return now.date()

    def give_back(self, owner: str, day: date | None) -> None:
        """Decrement the counter of the day that `count` returned, because its image did not become a job."""
        if day is None:
            return
        # The counter may have been erased with the owner's other data.
        with suppress(ConditionFailed):
            self._add(owner, day, -1, Attr("images").gt(0))

    def images(self, owner: str) -> int:
        """Return how many images the owner has sent today."""
        response = dynamodb().get_item(TableName=self._table, Key=_key(owner, utc_now().date()), ConsistentRead=True)
        return int(response.get("Item", {}).get("images", {"N": "0"})["N"])

    def forget(self, owner: str) -> None:
        """Remove all daily counters of the owner."""
        for key in _keys_of_all_days(owner):
            dynamodb().delete_item(TableName=self._table, Key=key)

    def counters(self, owner: str) -> int:
        """Return the number of daily counters of the owner (strongly consistent)."""
        found = (
            dynamodb().get_item(TableName=self._table, Key=key, ConsistentRead=True) for key in _keys_of_all_days(owner)
        )
        return sum("Item" in response for response in found)

    def _add(self, owner: str, day: date, images: int, condition: ConditionBase | None) -> None:
        """Change a counter. Raises ConditionFailed."""
        expires_at = datetime.combine(day, time(), UTC) + _KEPT
        change = Change(put={"ttl": number(int(expires_at.timestamp()))}, add={"images": number(images)})
        with conditional_write():
            dynamodb().update_item(TableName=self._table, Key=_key(owner, day), **change.arguments(condition))


def next_day(now: datetime) -> datetime:
    """Return the time at which the daily counters are reset."""
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _keys_of_all_days(owner: str) -> list[Item]:
    today = utc_now().date()
    return [_key(owner, today - timedelta(days=days)) for days in range(_KEPT.days + 1)]


def _key(owner: str, day: date) -> Item:
    return {"record_id": text(f"usage#{owner}#{day.isoformat()}")}
