"""The use case: create a job for a dropped object, which becomes the job's original. This is idempotent."""

from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools.metrics import MetricUnit
from facelib.domain import object_keys
from facelib.domain.errors import ImageRejected, JobClaimed, JobFinished, JobNotFound, ObjectMissing
from facelib.domain.formats import check_file_size
from facelib.domain.job import Failure, FailureReason, Job
from facelib.domain.options import Options
from facelib.observability import logger, metrics
from facelib.stores.jobs.claims import Claims
from facelib.stores.jobs.creation import NewJobs
from facelib.stores.objects.inbox import Inbox

from face_intake.drops import Drop
from face_intake.metadata import read_options

_REPLACED = Failure(
    reason=FailureReason.ORIGINAL_MISSING,
    detail="The file was replaced or removed before it could be processed. If it was replaced, the new file gets its "
    "own job.",
)


@dataclass(frozen=True)
class Intake:
    jobs: NewJobs
    claims: Claims
    inbox: Inbox
    retention: timedelta

    def take(self, drop: Drop) -> None:
        """Create one job for a drop, however often its event is delivered."""
        logger.set_correlation_id(None)
        owner = object_keys.owner_of_drop(drop.key)
        if owner is None:
            # The file does not belong to an owner. It stays where it is, and expires like any other.
            metrics.add_metric("UnownedDrops", MetricUnit.Count, 1)
            logger.error("Ignored a file outside of inbox/<owner>/", extra={"key": drop.key})
        elif not drop.key.endswith("/"):  # a key with a slash at the end is a folder of the S3 console
            self._take(drop, owner)

    def _take(self, drop: Drop, owner: str) -> None:
        try:
            metadata = self.inbox.metadata(drop.key, drop.etag)
        except ObjectMissing:
            logger.info("Ignored a file that is no longer in the inbox", extra={"key": drop.key})
            return
        try:
            _check(drop)
            options = read_options(metadata)
        except ImageRejected as rejected:
            # The file cannot be used. It stays where it is, so it is not lost.
            self._fail(self._add(drop, owner, Options()), rejected.failure)
        else:
            self._move(drop, self._add(drop, owner, options))

    def _add(self, drop: Drop, owner: str, options: Options) -> Job:
        job = self.jobs.add(Job.pending(owner, options, self.retention, source=drop.key), drop.request)
        logger.set_correlation_id(job.job_id)
        return job

    def _move(self, drop: Drop, job: Job) -> None:
        try:
            self.inbox.copy_to_original(drop.key, drop.etag, job.job_id)
        except ObjectMissing:
            # Another delivery of the same event may have moved the file first.
            if not self.inbox.has_original(job.job_id):
                self._fail(job, _REPLACED)
            return
        self.inbox.remove(drop.key, drop.etag)
        metrics.add_metric("Drops", MetricUnit.Count, 1)
        logger.info("Accepted a file", extra={"key": drop.key})

    def _fail(self, job: Job, failure: Failure) -> None:
        try:
            self.claims.fail_abandoned(job.job_id, failure)
        except (JobNotFound, JobFinished, JobClaimed) as done:
            logger.info("Ignored a job that is not pending", extra={"reason": str(done)})
        else:
            metrics.add_metric("FailedJobs", MetricUnit.Count, 1)
            logger.info("Rejected a file", extra={"reason": failure.reason, "detail": failure.detail})


def _check(drop: Drop) -> None:
    """Raise ImageRejected for a file that is too large, or whose name is not safe."""
    if not object_keys.is_safe_name(drop.key):
        raise ImageRejected(
            FailureReason.INVALID_NAME,
            "The file's name contains control characters, or its path contains `.` or `..` as a segment. Rename the "
            "file and upload it again.",
        )
    check_file_size(drop.size)
