"""The use case of both ways to upload: make a job, once for every idempotency key."""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from facelib.job import Job, Options, Status
from facelib.observability import logger
from facelib.stores.jobs import JobStore

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Request:
    """Who asks for what; `content` tells two requests apart that came with the same key."""

    owner: str
    options: Options
    content: bytes
    idempotency_key: str | None


def accept(request: Request, jobs: JobStore, kept_days: int) -> Job:
    """Store a new pending job, or find the one that this request stored before. Raises KeyReused."""
    now = datetime.now(UTC)
    job = Job(
        job_id=_job_id(request.owner, request.idempotency_key),
        owner=request.owner,
        status=Status.PENDING,
        created_at=now,
        expires_at=now + timedelta(days=kept_days),
        options=request.options,
    )
    logger.set_correlation_id(job.job_id)
    return jobs.add(job, _fingerprint(request) if request.idempotency_key else None)


def wait_for(job: Job, jobs: JobStore, seconds: int) -> Job:
    """The job as soon as it has ended, or as it is when the time is up. Raises JobNotFound if it is deleted."""
    deadline = time.monotonic() + seconds
    while not job.status.is_final and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        job = jobs.get(job.job_id, job.owner)
    return job


def _job_id(owner: str, idempotency_key: str | None) -> str:
    """A random UUIDv4, or one that the same owner and key always give.

    So the conditional write that stores a job is also what finds a repeated request.
    """
    if idempotency_key is None:
        return str(uuid4())
    digest = hashlib.sha256(f"{owner}\n{idempotency_key}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(request.options.model_dump_json().encode())
    digest.update(b"\n")
    digest.update(request.content)
    return digest.hexdigest()
