"""How many images an owner has sent in a day (UTC): one counter in DynamoDB, changed by conditional writes only."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from botocore.exceptions import ClientError

from facelib.access import Principal
from facelib.errors import QuotaExceeded
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.items import Item, number, text, utc_now

_KEPT: Final = timedelta(days=40)


class UsageStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def count(self, principal: Principal) -> None:
        """Count one image, unless the key's images of the day are used up. Raises QuotaExceeded."""
        if principal.key_id is None:
            return
        limit, now = principal.images_per_day, utc_now()
        # Nothing is counted where access is open: there is nobody to tell apart.
        condition = {} if limit is None else {"ConditionExpression": "attribute_not_exists(images) OR images < :limit"}
        try:
            self._add(principal.owner, now, 1, condition, {} if limit is None else {":limit": number(limit)})
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            raise QuotaExceeded(limit or 0, int((next_day(now) - now).total_seconds()) + 1) from None

    def give_back(self, principal: Principal) -> None:
        """Take back one image that became no job. One counted just before midnight stays counted."""
        if principal.key_id is not None:
            self._add(principal.owner, utc_now(), -1, {}, {})

    def images(self, owner: str) -> int:
        """Return how many images the owner has sent today."""
        response = dynamodb().get_item(TableName=self._table, Key=_key(owner, utc_now()), ConsistentRead=True)
        return max(0, int(response.get("Item", {}).get("images", {"N": "0"})["N"]))

    def forget(self, owner: str) -> None:
        """Remove the owner's counters of every day that is kept."""
        now = utc_now()
        for days in range(_KEPT.days + 1):
            dynamodb().delete_item(TableName=self._table, Key=_key(owner, now - timedelta(days=days)))

    def _add(self, owner: str, now: datetime, images: int, condition: dict[str, str], values: Item) -> None:
        dynamodb().update_item(
            TableName=self._table,
            Key=_key(owner, now),
            UpdateExpression="SET #ttl = :ttl ADD images :one",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":one": number(images),
                ":ttl": number(int((now + _KEPT).timestamp())),
                **values,
            },
            **condition,  # type: ignore[arg-type]
        )


def next_day(now: datetime) -> datetime:
    """Return when the day's counters begin again."""
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _key(owner: str, now: datetime) -> Item:
    return {"record_id": text(f"usage#{owner}#{now.date().isoformat()}")}
