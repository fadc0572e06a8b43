"""Open WebSockets in DynamoDB, spread over shards so that no partition is hot."""

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

# 100,000 rows of about 150 bytes over 8 shards are 1.9 MB each: two pages of a Query.
SHARDS: Final = 8

# API Gateway returns 410 until $connect has returned, so a 410 this soon after the row was written is inconclusive.
_CONNECT_GRACE_SECONDS: Final = 15
# A replay whose function died blocks further replays of its connection for this long.
_REPLAY_SECONDS: Final = 60


@dataclass(frozen=True)
class Connection:
    """One listener; with a job id it receives the events of that job only."""

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
        """Read one connection. Raises ConnectionGone."""
        response = dynamodb().get_item(TableName=self._table, Key=_key(owner, connection_id), ConsistentRead=True)
        if "Item" not in response:
            raise ConnectionGone
        return _connection(response["Item"], owner)

    def subscribe(self, connection: Connection) -> None:
        """Narrow a connection to a job, or widen it to all with None as job id. Raises ConnectionGone."""
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
        """Reserve the connection's one replay; False while another one is running."""
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
        """Allow another replay; a reservation that is never ended expires."""
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
        """Remove the row of a connection that API Gateway does not know; False if it may still be connecting.

        A row that cannot be removed now is no reason to repeat the broadcast; the next event meets the same 410.
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
            logger.warning(
                "Could not remove a connection", extra={"connection_id": connection_id, "reason": repr(error)}
            )
        return True

    def count_of_shard(self, owner: str, shard: int) -> int:
        """Return the number of listeners in one of `SHARDS` shards (eventually consistent)."""
        return sum(page["Count"] for page in self._pages(owner, shard, Select="COUNT"))

    def of_shard(self, owner: str, shard: int) -> Iterator[Connection]:
        """Yield the listeners of one of `SHARDS` shards, page by page (strongly consistent)."""
        # A listener receives every event from the end of its handshake on.
        for page in self._pages(owner, shard, ConsistentRead=True):
            for item in page["Items"]:
                yield _connection(item, owner)

    def _pages(self, owner: str, shard: int, **how: Any) -> "Iterable[QueryOutputTypeDef]":  # noqa: ANN401 - parameters of Query
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
    return int(connected_at.timestamp()) + limits.CONNECTION_TTL_SECONDS


def _now() -> datetime:
    return datetime.now(UTC)
