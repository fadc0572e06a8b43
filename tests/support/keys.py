"""Holders of keys on a stack that requires them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from facelib.domain.access import ApiKey
from facelib.stores.access.api_keys import key_item
from websockets.sync.client import ClientConnection, connect

from infra.keys import new_key
from tests.support.photos import one_face
from tests.support.stack import TIMEOUT_SECONDS, Stack, ended

PHOTO = one_face(256)


@dataclass(frozen=True)
class Holder:
    """A key, and requests with it."""

    stored: ApiKey
    key: str
    stack: Stack

    def request(self, method: str, path: str, **sent: Any) -> httpx.Response:
        headers = {**sent.pop("headers", {}), "Authorization": f"Bearer {self.key}"}
        return self.stack.http.request(method, path, headers=headers, **sent)

    def ticket(self) -> str:
        return str(self.request("POST", "/stream-tickets").json()["ticket"])

    @contextmanager
    def listening(self, query: str = "") -> Iterator[ClientConnection]:
        url = f"{self.stack.ws_url}?ticket={self.ticket()}{query}"
        with connect(url, open_timeout=TIMEOUT_SECONDS) as socket:
            yield socket

    def change(self, **changes: Any) -> None:
        """Change the stored key, for example to revoke it, as `make revoke` does, or to make it expire."""
        item = key_item(self.stored.model_copy(update=changes))
        self.stack.aws.client("dynamodb").put_item(TableName=self.stack.outputs["KeysTableName"], Item=item)


def holder(
    stack: Stack, owner: str, scopes: str = "send,read,manage", daily: int | None = None, **changes: Any
) -> Holder:
    """Store a key as `make key` does, with these changes."""
    made = Holder(*new_key(owner, scopes, daily, 1), stack)
    made.change(**changes)
    return made


def completed(owner: Holder) -> str:
    job = ended(owner.request, content=PHOTO).json()
    assert job["status"] == "completed", job
    return str(job["job_id"])
