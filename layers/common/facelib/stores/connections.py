"""The open WebSockets in DynamoDB, spread over partitions so that none is hot."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError

from facelib import limits
from facelib.errors import ConnectionGone
from facelib.observability import logger
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.items import Item, number, text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef

# 100,000 rows of about 150 bytes over 8 partitions are 1.9 MB each: two pages of a Query.
SHARDS: Final = 8

# API Gateway answers 410 until $connect has returned, so a 410 so soon after the row was written proves nothing.
_CONNECT_GRACE_SECONDS: Final = 15


# A replay that died without a word keeps its connection from another one for so long.
_REPLAY_SECONDS: Final = 60


@dataclass(frozen=True)
class Connection:
    """One listener; with a job id it hears of that job alone."""

    connection_id: str
    owner: str
    job_id: str | None = None


class ConnectionStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def add(self, connection: Connection) -> None:
        item = _key(connection.owner, connection.connection_id) | {"ttl": number(_ttl(_now()))}
        if connection.job_id:
            item["job_id"] = text(connection.job_id)
        dynamodb().put_item(TableName=self._table, Item=item)

    def get(self, owner: str, connection_id: str) -> Connection:
        """Raises ConnectionGone."""
        answer = dynamodb().get_item(TableName=self._table, Key=_key(owner, connection_id), ConsistentRead=True)
        if "Item" not in answer:
            raise ConnectionGone
        return _connection(answer["Item"], owner)

    def subscribe(self, connection: Connection) -> None:
        """Change what the listener hears; None as job id widens it again. Raises ConnectionGone."""
        expression = "SET job_id = :job" if connection.job_id else "REMOVE job_id"
        values = {"ExpressionAttributeValues": {":job": text(connection.job_id)}} if connection.job_id else {}
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=_key(connection.owner, connection.connection_id),
                UpdateExpression=expression,
                ConditionExpression="attribute_exists(connection_id)",
                **values,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise ConnectionGone from None
            raise

    def begin_replay(self, owner: str, connection_id: str) -> bool:
        """Reserve the connection's one replay; False while another is under way."""
        now = int(_now().timestamp())
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=_key(owner, connection_id),
                UpdateExpression="SET replay_until = :until",
                ConditionExpression="attribute_exists(connection_id) AND "
                "(attribute_not_exists(replay_until) OR replay_until < :now)",
                ExpressionAttributeValues={":until": number(now + _REPLAY_SECONDS), ":now": number(now)},
            )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def end_replay(self, owner: str, connection_id: str) -> None:
        """Let the connection ask for another replay; one whose end is never told expires."""
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=_key(owner, connection_id),
                UpdateExpression="REMOVE replay_until",
                ConditionExpression="attribute_exists(connection_id)",
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def remove(self, owner: str, connection_id: str) -> None:
        dynamodb().delete_item(TableName=self._table, Key=_key(owner, connection_id))

    def remove_gone(self, owner: str, connection_id: str) -> bool:
        """Remove the row of a listener that API Gateway does not know; False if it may be about to.

        A row written moments ago is kept: its listener may still be connecting. A row that cannot be removed now is no
        reason to tell everyone again; the next event finds it gone again.
        """
        try:
            dynamodb().delete_item(
                TableName=self._table,
                Key=_key(owner, connection_id),
                ConditionExpression="attribute_not_exists(connection_id) OR #ttl < :young",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":young": number(_ttl(_now() - timedelta(seconds=_CONNECT_GRACE_SECONDS)))},
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and code_of(error) == "ConditionalCheckFailedException":
                return False
            logger.warning("A row could not be removed", extra={"reason": repr(error)})
        return True

    def count_of_shard(self, owner: str, shard: int) -> int:
        """How many listeners one of `SHARDS` partitions holds, as of some moments ago."""
        return sum(page["Count"] for page in self._pages(owner, shard, Select="COUNT"))

    def of_shard(self, owner: str, shard: int) -> Iterator[Connection]:
        """The listeners of one of `SHARDS` partitions, page after page."""
        # Consistent: a listener whose handshake is over hears everything from then on.
        for page in self._pages(owner, shard, ConsistentRead=True):
            for item in page["Items"]:
                yield _connection(item, owner)

    def _pages(self, owner: str, shard: int, **how: Any) -> "Iterable[QueryOutputTypeDef]":  # noqa: ANN401 - Query's own
        return (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                KeyConditionExpression="#shard = :shard",
                # `shard` is one of DynamoDB's reserved words.
                ExpressionAttributeNames={"#shard": "shard"},
                ExpressionAttributeValues={":shard": text(f"{owner}#{shard}")},
                **how,
            )
        )


def _connection(item: Item, owner: str) -> Connection:
    return Connection(item["connection_id"]["S"], owner, item["job_id"]["S"] if "job_id" in item else None)


def _key(owner: str, connection_id: str) -> Item:
    shard = crc32(connection_id.encode()) % SHARDS
    return {"shard": text(f"{owner}#{shard}"), "connection_id": text(connection_id)}


def _ttl(connected_at: datetime) -> int:
    return int(connected_at.timestamp()) + limits.CONNECTION_KEPT_SECONDS


def _now() -> datetime:
    return datetime.now(UTC)
