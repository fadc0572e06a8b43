"""An event bus whose responses are scripted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import EndpointConnectionError

from tests.support.stream import Queue


class Bus:
    """A fake EventBridge that accepts all entries except those in `refusals`."""

    def __init__(self) -> None:
        self.requests: list[Sequence[Any]] = []
        self.taken: list[Any] = []
        # For each future request: the numbers of the entries to refuse, or None to fail without a response.
        self.refusals: list[set[int] | None] = []
        self.is_down = False

    def put_events(self, Entries: Sequence[Any]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.requests.append(Entries)
        refused = self.refusals.pop(0) if self.refusals else set()
        if self.is_down or refused is None:
            raise EndpointConnectionError(endpoint_url="https://events.example")
        self.taken += [entry for number, entry in enumerate(Entries) if number not in refused]
        results = [
            {"ErrorCode": "ThrottlingException"} if n in refused else {"EventId": "id"} for n in range(len(Entries))
        ]
        return {"FailedEntryCount": len(refused), "Entries": results}


@dataclass(frozen=True)
class Queues:
    """The queue of refused events, and its dead-letter queue."""

    retries: Queue
    failures: Queue
