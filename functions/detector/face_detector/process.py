"""The use cases: claim a job, process its original, store the faces; draw more results of it later.

Idempotent, also when run late or concurrently.
"""

from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Self

from aws_lambda_powertools.metrics import MetricUnit
from facelib.domain.errors import ClaimLost, CorrectionsChanged, ImageRejected, JobFinished, JobNotFound, ObjectMissing
from facelib.domain.job import Detection, Failure, FailureReason, Job, Status
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.detector_requests import CorrectRequest, FaceReply, FaceRequest, RenderOutcome
from facelib.messages.events import time_of_next_event
from facelib.messages.job_view import JobView
from facelib.messages.s3_events import OriginalCreated
from facelib.observability import logger, metrics
from facelib.stores.jobs.claims import Claim, Claims, Outcome
from facelib.stores.jobs.corrections import StoredCorrections
from facelib.stores.jobs.renders import AddedRenders
from facelib.stores.jobs.retries import Retries
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore, Original
from facelib.stores.threads import threads

from face_detector.analyse import Analysis, analyse, draw_face, find_faces, redraw
from face_detector.detection.detector import Detector


@dataclass(frozen=True)
class DetectionService:
    jobs: JobTable
    claims: Claims
    retries: Retries
    renders: AddedRenders
    corrections: StoredCorrections
    images: ImageStore
    detector: Detector
    lease_seconds: int
    public_url: str

    @classmethod
    def of(cls, jobs: JobTable, images: ImageStore, detector: Detector, lease_seconds: int, public_url: str) -> Self:
        stores = (jobs, Claims(jobs), Retries(jobs), AddedRenders(jobs), StoredCorrections(jobs))
        return cls(*stores, images, detector, lease_seconds, public_url)

    def process(self, original: OriginalCreated) -> None:
        """Complete or fail the job of an original.

        Raises JobClaimed while another detector holds it; the queue delivers the message again later.
        """
        if original.retry is not None:
            # The API does so too, but only once this message is queued: if it crashed in between, the retry continues.
            self.retries.begin(original.job_id, original.retry)
        # Read while it claims the job: both are waits for AWS, and nearly every claim succeeds.
        reading = threads().submit(self.images.original, original.job_id)
        try:
            claim = self.claims.claim(original.job_id, self.lease_seconds)
        except JobFinished as finished:
            logger.info("Nothing to do", extra={"why": str(finished)})
            if finished.original_etag and original.etag not in (None, finished.original_etag):
                # A form may be posted twice: the job describes one image, which a later one may have replaced.
                self.images.delete_replaced_original(original.job_id, finished.original_etag)
        except JobNotFound:
            # The job was deleted or has expired: remove what was uploaded for it.
            self.images.delete(original.job_id)
            logger.info("Removed an original without a job")
        else:
            self._finish(claim, reading)
        finally:
            # Lambda freezes a process that has answered, including its pending reads.
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
                _report_failure(rejected.failure)
            else:
                self._store(claim, analysis, original.etag)
        except ClaimLost as lost:
            logger.warning("Discarded the outcome", extra={"why": str(lost)})
            if lost.is_deleted:
                self.images.delete(job_id)

    def _store(self, claim: Claim, analysis: Analysis, etag: str) -> None:
        self.claims.hold(claim, self.lease_seconds)
        # Results first: they exist before the job is seen as completed.
        add = partial(self.images.add_result, claim.job.job_id)
        list(threads().map(add, analysis.results.keys(), analysis.results.values()))
        outcome = Outcome(analysis, self.detector.info, etag)
        if claim.job.options.faces_json:
            self.images.add_faces_json(JobView.of(outcome.job_completed(claim.job), self.public_url))
        self.claims.complete(claim, outcome)
        _report(analysis, "Faces")
        # So that one metric has both the number of failures (sum) and of images (sample count).
        metrics.add_metric("FailedJobs", MetricUnit.Count, 0)

    def render(self, job_id: str, render: Render) -> RenderOutcome:
        """Draw and store one more result of a completed job. Raises ImageRejected."""
        try:
            job, data = self._read_again(job_id)
        except (JobNotFound, ObjectMissing) as error:
            return _outcome(error)
        self.images.add_result(job_id, render, redraw(data, job, (render,), self.detector)[render])
        # The record is updated last: a deletion that began earlier fails this update, and one that begins later finds
        # the result.
        try:
            self.renders.add(job_id, render, job.corrections)
        except JobNotFound:
            self.images.delete(job_id)
            return RenderOutcome.JOB_GONE
        except CorrectionsChanged:
            return self.render(job_id, render)
        logger.info("Drew a result on demand", extra={"render": render})
        metrics.add_metric("Renders", MetricUnit.Count, 1)
        return RenderOutcome.STORED

    def correct(self, request: CorrectRequest) -> RenderOutcome:
        """Store the corrections of a completed job, and redraw every result that hides faces. Raises ImageRejected."""
        try:
            self._read_again(request.job_id)
            self.corrections.begin(request.job_id, request.before, request.corrections)
            while not self._draw_corrected(request.job_id):
                logger.info("Corrected in the meantime, so drawn again")
        except CorrectionsChanged:
            return RenderOutcome.CHANGED
        except (JobNotFound, ObjectMissing) as error:
            return _outcome(error)
        return RenderOutcome.STORED

    def _draw_corrected(self, job_id: str) -> bool:
        """Draw with the job's corrections; False if they changed in the meantime and the results are out of date.

        Raises JobNotFound and ObjectMissing.
        """
        job, data = self._read_again(job_id)
        hiding = [render for render in job.available if job.options.hides_faces(render)]
        for render, drawn in redraw(data, job, hiding, self.detector).items() if hiding else ():
            self.images.add_result(job_id, render, drawn)
        job = job.model_copy(update={"corrected_at": time_of_next_event(job)})
        if job.options.faces_json:
            self.images.add_faces_json(JobView.of(job, self.public_url))
        try:
            self.corrections.finish(job)
        except CorrectionsChanged:
            return False
        except JobNotFound:
            self.images.delete(job_id)
            raise
        logger.info("Corrected a job", extra={"renders": len(hiding)})
        return True

    def face(self, request: FaceRequest) -> FaceReply:
        """Return the picture of one face of a completed job. Raises ImageRejected."""
        try:
            job, data = self._read_again(request.job_id)
        except (JobNotFound, ObjectMissing) as error:
            return FaceReply(outcome=_outcome(error))
        faces = job.faces or ()
        if job.image is None or request.number >= len(faces):
            return FaceReply(outcome=RenderOutcome.JOB_GONE)
        face = faces[request.number]
        return FaceReply(image=draw_face(data, job.image, face, self.detector, align=request.align))

    def _read_again(self, job_id: str) -> tuple[Job, bytes]:
        """Return a completed job and its original. Raises JobNotFound, ObjectMissing and ImageRejected."""
        job = self.jobs.peek(job_id)
        if not isinstance(job, Job) or job.status is not Status.COMPLETED:
            raise JobNotFound
        original = self.images.original(job_id)
        if original.etag != job.original_etag:
            # Uploaded again after the job had ended; the event of this upload will remove it.
            raise ObjectMissing
        return job, original.data

    def detect(self, image: bytes | None, key: str | None) -> Detection:
        """Process bytes, or the object with a key, without storing. Raises ImageRejected and ObjectMissing."""
        data = self.images.original_at(key).data if key else image or b""
        detected = find_faces(data, Options(), self.detector)
        # A separate metric, because `Faces` counts jobs.
        _report(detected, "DirectFaces")
        return detected


def _outcome(error: JobNotFound | ObjectMissing) -> RenderOutcome:
    return RenderOutcome.JOB_GONE if isinstance(error, JobNotFound) else RenderOutcome.ORIGINAL_GONE


def _read(reading: Future[Original]) -> Original:
    try:
        return reading.result()
    except ObjectMissing:
        raise ImageRejected(
            FailureReason.ORIGINAL_MISSING, "The original no longer exists. Send the image again."
        ) from None


def _report(detected: Detection, metric: str) -> None:
    metrics.add_metric(metric, MetricUnit.Count, len(detected.faces))
    for stage, milliseconds in detected.timings_ms.items():
        metrics.add_metric(f"{stage.capitalize()}Time", MetricUnit.Milliseconds, milliseconds)
    logger.info("Processed an image", extra={"faces": len(detected.faces), "timings_ms": detected.timings_ms})


def _report_failure(failure: Failure) -> None:
    # One metric for all reasons; the reason is in the log, since each dimension value would be a billed metric.
    metrics.add_metric("FailedJobs", MetricUnit.Count, 1)
    logger.info("Rejected an image", extra={"reason": failure.reason, "detail": failure.detail})
