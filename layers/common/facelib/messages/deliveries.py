"""Messages of the delivery queue, for work that could not or should not be done immediately."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from facelib.domain.frozen import Frozen
from facelib.messages.events import JobEvent


class Delivery(Frozen):
    """Frames for these listeners; `attempt` counts how often the delivery was requeued after a failed post."""

    kind: Literal["delivery"] = "delivery"
    owner: str
    frames: tuple[str, ...]
    connection_ids: tuple[str, ...]
    attempt: int = 0


class ShardDelivery(Frozen):
    """Events for all listeners of one partition of the connections table."""

    kind: Literal["shard"] = "shard"
    owner: str
    shard: int
    events: tuple[JobEvent, ...]


class Replay(Frozen):
    """A replay of the latest `limit` events, or of all events `after` an id. With both, it sends the larger set."""

    kind: Literal["replay"] = "replay"
    owner: str
    connection_id: str
    limit: int | None = None
    after: str | None = None


class MalformedRecord(Frozen):
    """A stream record that could not be parsed. The queue retries this message, then moves it to the failure queue.

    Only ids are queued, because the record contains faces, and the failure queue retains messages for two weeks.
    """

    kind: Literal["malformed"] = "malformed"
    # Null if not even the record's key could be parsed.
    job_id: str | None
    record_id: str | None = None


Message = Annotated[Delivery | ShardDelivery | Replay | MalformedRecord, Field(discriminator="kind")]
MESSAGE: Final[TypeAdapter[Message]] = TypeAdapter(Message)
