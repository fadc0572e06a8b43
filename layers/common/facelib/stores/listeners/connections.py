"""Open WebSockets in DynamoDB: a row for each connection, in addition to the rows of its subscriptions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.exceptions import BotoCoreError, ClientError

from facelib.domain import limits
from facelib.domain.errors import ConnectionGone
from facelib.observability import logger
from facelib.stores.attributes import Item, number, text, time_text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.conditional import Change, ConditionFailed, condition_arguments, conditional_write
from facelib.stores.listeners.subscriptions import Subscriptions

# API Gateway returns 410 until $connect has returned, so a 410 within this time of the row's creation is inconclusive.
_CONNECT_GRACE_SECONDS: Final = 15
# If a function crashes during a replay, further replays of the connection are blocked for this time.
_REPLAY_SECONDS: Final = 60


@dataclass(frozen=True)
class Connection:
    """One listener; with a job id, it receives only the events of that job."""

    connection_id: str
    owner: str
    job_id: str | None = None
    # The key that the listener connected with, and when the key expires.
    key_id: str | None = None
    ends_at: datetime | None = None
    connected_at: datetime = field(default_factory=utc_now, compare=False)


class ConnectionStore:
    """Connections, their subscriptions and their replays."""

    def __init__(self, table: str) -> None:
        self._table = table
        self.subscriptions = Subscriptions(table)

    def add(self, connection: Connection) -> None:
        """Store a new connection and its subscription."""
        ttl = _ttl(connection.connected_at)
        item = _key(connection.connection_id) | {
            "owner": text(connection.owner),
            "connected_at": text(time_text(connection.connected_at)),
            "ttl": number(ttl),
        }
        if connection.job_id:
            item |= {"job_id": text(connection.job_id), "is_narrow": {"BOOL": True}}
        if connection.key_id:
            item["key_id"] = text(connection.key_id)
            self.subscriptions.add_with_key(
                connection.owner, connection.connection_id, connection.key_id, connection.ends_at, ttl
            )
        dynamodb().put_item(TableName=self._table, Item=item)
        if connection.job_id:
            self.subscriptions.subscribe_to_job(connection.owner, connection.connection_id, connection.job_id, ttl)
        else:
            self.subscriptions.subscribe_to_all(connection.owner, connection.connection_id, ttl)

    def get(self, owner: str, connection_id: str) -> Connection:
        """Read one connection. Raises ConnectionGone."""
        return _connection(self._row(owner, connection_id))

    def subscribe(self, connection: Connection) -> None:
        """Subscribe a connection to one job, or to all jobs if its job id is None. Raises ConnectionGone.

        Even during the change, a broadcast finds the connection if it reads the subscriptions to all jobs before those
        to single jobs.
        """
        old = self._row(connection.owner, connection.connection_id)
        if connection.job_id:
            self._narrow(connection.owner, connection.connection_id, connection.job_id, old)
        elif "is_narrow" in old:
            self._widen(connection.owner, connection.connection_id, old)

    def _narrow(self, owner: str, connection_id: str, job_id: str, old: Item) -> None:
        self.subscriptions.subscribe_to_job(owner, connection_id, job_id, _ttl_of(old))
        self.subscriptions.unsubscribe_from_all(owner, connection_id)
        if "job_id" in old and old["job_id"]["S"] != job_id:
            self.subscriptions.unsubscribe_from_job(owner, connection_id, old["job_id"]["S"])
        self._update(connection_id, Change(put={"job_id": text(job_id), "is_narrow": {"BOOL": True}}))

    def _widen(self, owner: str, connection_id: str, old: Item) -> None:
        self.subscriptions.subscribe_to_all(owner, connection_id, _ttl_of(old))
        # The job's row is kept and marked, so that a broadcast that read the subscriptions to all jobs too early still
        # finds the connection.
        self.subscriptions.mark_widened(owner, connection_id, old["job_id"]["S"], _ttl_of(old))
        self._update(connection_id, Change(remove=("is_narrow",)))

    def begin_replay(self, connection_id: str) -> bool:
        """Reserve the connection's only replay; return False while another one is running."""
        now = int(utc_now().timestamp())
        is_free = Attr("replay_until").not_exists() | Attr("replay_until").lt(now)
        try:
            self._update(connection_id, Change(put={"replay_until": number(now + _REPLAY_SECONDS)}), is_free)
        except ConnectionGone:
            return False
        return True

    def end_replay(self, connection_id: str) -> None:
        """Allow another replay; a reservation that is never ended expires. Raises ConnectionGone."""
        self._update(connection_id, Change(remove=("replay_until",)))

    def remove(self, owner: str, connection_id: str) -> None:
        """Remove a connection and its subscriptions."""
        response = dynamodb().delete_item(TableName=self._table, Key=_key(connection_id), ReturnValues="ALL_OLD")
        self._unsubscribe(owner, connection_id, response.get("Attributes", {}))

    def remove_gone(self, owner: str, connection_id: str) -> bool:
        """Remove a connection that API Gateway does not know; return False if it may still be connecting.

        A failure to remove the row is only logged: the next event gets another 410, and the removal is tried again.
        """
        youngest = _ttl(utc_now() - timedelta(seconds=_CONNECT_GRACE_SECONDS))
        is_gone = condition_arguments(Attr("connection_id").not_exists() | Attr("ttl").lt(youngest))
        try:
            with conditional_write():
                response = dynamodb().delete_item(
                    TableName=self._table, Key=_key(connection_id), ReturnValues="ALL_OLD", **is_gone
                )
            self._unsubscribe(owner, connection_id, response.get("Attributes", {}))
        except ConditionFailed:
            return False
        except (ClientError, BotoCoreError) as error:
            logger.warning(
                "Could not remove a connection", extra={"connection_id": connection_id, "reason": repr(error)}
            )
        return True

    def _unsubscribe(self, owner: str, connection_id: str, old: Item) -> None:
        if "job_id" in old:
            self.subscriptions.unsubscribe_from_job(owner, connection_id, old["job_id"]["S"])
        if "is_narrow" not in old:
            self.subscriptions.unsubscribe_from_all(owner, connection_id)
        if "key_id" in old:
            self.subscriptions.remove_with_key(owner, connection_id)

    def _row(self, owner: str, connection_id: str) -> Item:
        response = dynamodb().get_item(TableName=self._table, Key=_key(connection_id), ConsistentRead=True)
        row: Item = response.get("Item", {})
        if row.get("owner") != text(owner):
            raise ConnectionGone
        return row

    def _update(self, connection_id: str, change: Change, condition: ConditionBase | None = None) -> None:
        """Update the row of a connection. Raises ConnectionGone if it does not exist or the condition fails."""
        exists = Attr("connection_id").exists()
        arguments = change.arguments(exists if condition is None else exists & condition)
        try:
            with conditional_write():
                dynamodb().update_item(TableName=self._table, Key=_key(connection_id), **arguments)
        except ConditionFailed:
            raise ConnectionGone from None


def _connection(row: Item) -> Connection:
    return Connection(
        row["connection_id"]["S"],
        row["owner"]["S"],
        row["job_id"]["S"] if "is_narrow" in row else None,
        connected_at=datetime.fromisoformat(row["connected_at"]["S"]),
    )


def _key(connection_id: str) -> Item:
    return {"shard": text(f"connection#{connection_id}"), "connection_id": text(connection_id)}


def _ttl(connected_at: datetime) -> int:
    return int(connected_at.timestamp()) + limits.CONNECTION_TTL_SECONDS


def _ttl_of(row: Item) -> int:
    return int(row["ttl"]["N"])
