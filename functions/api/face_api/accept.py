"""The use case behind both kinds of upload: create a job, once per idempotency key, and store its image."""

import hashlib
import time
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from facelib.domain.access import Principal
from facelib.domain.errors import JobNotFound, QuotaExceeded, StoreContended
from facelib.domain.job import Job
from facelib.domain.options import Options
from facelib.observability import logger
from facelib.stores.access.usage import UsageStore
from facelib.stores.jobs.creation import NewJobs
from facelib.stores.jobs.idempotency import IdempotentRequest
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Submission:
    """An upload request; `content` distinguishes two requests with the same idempotency key."""

    principal: Principal
    options: Options
    content: bytes
    idempotency_key: str | None

    @cached_property
    def request(self) -> IdempotentRequest | None:
        return IdempotentRequest(self.idempotency_key, self._fingerprint) if self.idempotency_key else None

    @property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256(self.options.model_dump_json().encode())
        digest.update(b"\n")
        digest.update(self.content)
        return digest.hexdigest()


@dataclass(frozen=True)
class Accepted:
    """The job for a submission: a new one, or the one that an earlier, identical request created."""

    job: Job
    is_new: bool
    # The day on which the image was counted.
    day: date | None = None


@dataclass(frozen=True)
class Submissions:
    """The stores of submissions."""

    jobs: NewJobs
    images: ImageStore
    usage: UsageStore
    retention: timedelta

    def accept(self, submission: Submission, unused_after: timedelta) -> Accepted:
        """Count the image and store its pending job, or return the job that the same request stored before.

        The job expires after `unused_after` unless its image arrives. Raises KeyReused, QuotaExceeded and
        StoreContended.
        """
        owner = submission.principal.owner
        job = Job.pending(owner, submission.options, self.retention, unused_after=unused_after)
        accepted = self._add(job, submission)
        logger.set_correlation_id(accepted.job.job_id)
        return accepted

    def _add(self, job: Job, submission: Submission) -> Accepted:
        """Count the image and store the job; a request that was accepted before is neither counted nor refused."""
        request = submission.request
        try:
            day = self.usage.count(submission.principal)
        except QuotaExceeded:
            if request and (earlier := self.jobs.find(job.owner, request)):
                return Accepted(earlier, is_new=False)
            raise
        stored = None
        try:
            stored = self.jobs.add(job, request)
        finally:
            if stored is not job:
                self.usage.give_back(job.owner, day)
        return Accepted(stored, stored is job, day)

    def store_image(self, submission: Submission, accepted: Accepted, media_type: str) -> None:
        """Store the submitted bytes as the original of the job, which is then kept for its whole retention.

        If that fails, remove the job and undo its count. Raises the bucket's errors, and StoreContended if a request
        with the same idempotency key failed in this way.
        """
        job = accepted.job
        try:
            self.images.add_original(job.job_id, submission.content, media_type)
        except Exception:
            # Other requests with the same idempotency key may still store the image, so only the request that created
            # the job removes the job. If the job cannot be removed, its image exists: either S3 stored it but the
            # response was lost, or another request stored it.
            if not accepted.is_new:
                raise
            if self.jobs.withdraw(job, submission.request):
                self.usage.give_back(job.owner, accepted.day)
                raise
        self._keep(job)

    def _keep(self, job: Job) -> None:
        """Stop the job from expiring early, and from being removed by the request that created it."""
        try:
            self.jobs.keep(job.job_id)
        except JobNotFound:
            raise StoreContended from None


def wait_for(job: Job, jobs: JobTable, seconds: int) -> Job:
    """Poll until the job has ended or the time is up. Raises JobNotFound if the job is deleted."""
    deadline = time.monotonic() + seconds
    while not job.status.is_final and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        job = jobs.get(job.job_id, job.owner)
    return job
