"""Records that bind an idempotency key to a job: in the table of jobs, written and removed together with their job.

Such a record has no owner, status or event id, so it stands in no index and listeners never hear of it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from facelib.job import Job
from facelib.stores.items import Item, number, text, time_text

_PREFIX = "idempotency#"


@dataclass(frozen=True)
class IdempotentRequest:
    """A key, and the SHA-256 of what was sent with it, which tells two requests apart that came with the same key."""

    key: str
    fingerprint: str

    def record_id(self, owner: str) -> str:
        """Return the record's primary key: keys of two owners never meet, and the key itself is not stored."""
        return _PREFIX + hashlib.sha256(f"{owner}\n{self.key}".encode()).hexdigest()


@dataclass(frozen=True)
class IdempotencyRecord:
    target: str
    fingerprint: str
    expires_at: datetime

    @classmethod
    def from_item(cls, item: Item) -> "IdempotencyRecord":
        return cls(item["target"]["S"], item["fingerprint"]["S"], datetime.fromisoformat(item["expires_at"]["S"]))


def record_item(job: Job, request: IdempotentRequest) -> Item:
    """Return the record of a new job; it expires when the job does."""
    return {
        "job_id": text(request.record_id(job.owner)),
        "target": text(job.job_id),
        "fingerprint": text(request.fingerprint),
        "expires_at": text(time_text(job.expires_at)),
        "ttl": number(int(job.expires_at.timestamp())),
    }
