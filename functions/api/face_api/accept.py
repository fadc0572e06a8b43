"""The use case behind both kinds of upload: create a job, once per idempotency key."""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta

from facelib.access import Principal
from facelib.errors import QuotaExceeded
from facelib.job import Job
from facelib.observability import logger
from facelib.options import Options
from facelib.stores.idempotency import IdempotentRequest
from facelib.stores.jobs import JobStore
from facelib.stores.usage import UsageStore

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Submission:
    """An upload request; `content` tells apart two requests that carry the same idempotency key."""

    principal: Principal
    options: Options
    content: bytes
    idempotency_key: str | None


def accept(
    submission: Submission,
    jobs: JobStore,
    usage: UsageStore,
    retention: timedelta,
    unused_after: timedelta | None = None,
) -> Job:
    """Store a new pending job, or return the one that the same request stored before.

    With `unused_after` the job expires so soon unless an image comes for it. Raises KeyReused, QuotaExceeded and
    StoreContended.
    """
    job = Job.pending(submission.principal.owner, submission.options, retention, unused_after=unused_after)
    key = submission.idempotency_key
    request = IdempotentRequest(key, _fingerprint(submission)) if key else None
    stored = _add(job, request, submission.principal, jobs, usage)
    logger.set_correlation_id(stored.job_id)
    return stored


def _add(job: Job, request: IdempotentRequest | None, principal: Principal, jobs: JobStore, usage: UsageStore) -> Job:
    """Count the image, then store its job. A request that was accepted before is neither counted nor refused."""
    try:
        usage.count(principal)
    except QuotaExceeded:
        if request and (earlier := jobs.find(job.owner, request)):
            return earlier
        raise
    stored = None
    try:
        stored = jobs.add(job, request)
    finally:
        if stored is not job:
            usage.give_back(principal)
    return stored


def wait_for(job: Job, jobs: JobStore, seconds: int) -> Job:
    """Poll until the job has ended or the time is up. Raises JobNotFound if the job is deleted."""
    deadline = time.monotonic() + seconds
    while not job.status.is_final and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        job = jobs.get(job.job_id, job.owner)
    return job


def _fingerprint(submission: Submission) -> str:
    digest = hashlib.sha256(submission.options.model_dump_json().encode())
    digest.update(b"\n")
    digest.update(submission.content)
    return digest.hexdigest()
