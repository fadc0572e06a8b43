"""The use case for originals: claim a job, process its original, store the faces and the results.

It is idempotent, even if it runs late or concurrently.
"""

from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial

from aws_lambda_powertools.metrics import MetricUnit
from facelib.domain.errors import ClaimLost, ImageRejected, JobFinished, JobNotFound, ObjectMissing
from facelib.domain.job import FailureReason
from facelib.messages.job_view import JobView
from facelib.messages.s3_events import OriginalCreated
from facelib.observability import logger, metrics
from facelib.stores.jobs.claims import Claim, Claims, Outcome
from facelib.stores.jobs.retries import Retries
from facelib.stores.objects.images import ImageStore, Original
from facelib.stores.threads import threads

from face_detector.analyse import Analysis, analyse
from face_detector.detection.detector import Detector
from face_detector.report import report_detection, report_failure


@dataclass(frozen=True)
class Processing:
    claims: Claims
    retries: Retries
    images: ImageStore
    detector: Detector
    lease_seconds: int
    public_url: str

    def process(self, original: OriginalCreated) -> None:
        """Complete or fail the job of an original.

        Raises JobClaimed while another detector holds it; the queue delivers the message again later.
        """
        if original.retry is not None:
            # The API also does this, but only after it has queued this message. If the API crashed in between, the
            # retry still begins here.
            self.retries.begin(original.job_id, original.retry)
        # Read the original while claiming the job: both wait for AWS, and nearly every claim succeeds.
        reading = threads().submit(self.images.original, original.job_id)
        try:
            claim = self.claims.claim(original.job_id, self.lease_seconds)
        except JobFinished as finished:
            logger.info("Ignored a job that has ended", extra={"why": str(finished)})
            if finished.original_etag and original.etag not in (None, finished.original_etag):
                # A form may be posted twice, but the job is for only one of the uploads.
                self.images.delete_replaced_original(original.job_id, finished.original_etag)
        except JobNotFound:
            # The job was deleted or has expired: remove what was uploaded for it.
            self.images.delete(original.job_id)
            logger.info("Removed an original without a job")
        else:
            self._finish(claim, reading)
        finally:
            # Lambda freezes a process after its response, including pending reads.
            wait([reading])

    def _finish(self, claim: Claim, reading: Future[Original]) -> None:
        job_id, etag = claim.job.job_id, None
        try:
            try:
                original = _read(reading)
                etag = original.etag
                analysis = analyse(original.data, claim.job.options, self.detector)
            except ImageRejected as rejected:
                self.claims.fail(claim, rejected.failure, etag)
                report_failure(rejected.failure)
            else:
                self._store(claim, analysis, original.etag)
        except ClaimLost as lost:
            logger.warning("Discarded the outcome", extra={"why": str(lost)})
            if lost.is_deleted:
                self.images.delete(job_id)

    def _store(self, claim: Claim, analysis: Analysis, etag: str) -> None:
        self.claims.hold(claim, self.lease_seconds)
        # Results are stored first, so that they exist once the job is completed.
        add = partial(self.images.add_result, claim.job.job_id)
        list(threads().map(add, analysis.results.keys(), analysis.results.values()))
        outcome = Outcome(analysis, self.detector.info, etag)
        if claim.job.options.faces_json:
            self.images.add_faces_json(JobView.of(outcome.job_completed(claim.job), self.public_url))
        self.claims.complete(claim, outcome)
        report_detection(analysis, "Faces")
        # This zero gives one metric both the number of failures (its sum) and the number of images (its sample count).
        metrics.add_metric("FailedJobs", MetricUnit.Count, 0)


def _read(reading: Future[Original]) -> Original:
    try:
        return reading.result()
    except ObjectMissing:
        raise ImageRejected(
            FailureReason.ORIGINAL_MISSING, "The original no longer exists. Send the image again."
        ) from None
