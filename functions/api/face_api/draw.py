"""Pictures on demand: draw one more result of a completed job, or cut out one of its faces."""

from dataclasses import dataclass

from facelib.domain.corrections import Corrections
from facelib.domain.errors import (
    CorrectionsChanged,
    DetectorBusy,
    FaceNotFound,
    JobConflict,
    JobNotFound,
    NoResult,
    OriginalGone,
    RenderRefused,
)
from facelib.domain.job import Job, Status
from facelib.domain.renders import Render
from facelib.messages.detector_requests import CorrectRequest, FaceRequest, RenderOutcome, RenderRequest
from facelib.observability import logger
from facelib.stores.detector_client import DetectorClient
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore
from facelib.stores.queues.queue import Queue

from face_api.corrections import check_in_photo, etag_of

# Long enough for a detector to finish after the API has stopped waiting for it.
_CLEAN_UP_AFTER_SECONDS = 60


@dataclass(frozen=True)
class OnDemandResults:
    """Draws results and faces on demand, with the help of a detector."""

    jobs: JobTable
    images: ImageStore
    detector: DetectorClient
    queue: Queue

    def ensure(self, job_id: str, owner: str, render: Render) -> tuple[Job, bool]:
        """Draw a result unless it exists; return the job, and whether the result was drawn now.

        Raises JobNotFound, JobConflict (not completed), NoResult (failed), RenderRefused (it would reveal hidden
        faces), OriginalGone and DetectorBusy.
        """
        job = completed(self.jobs.get(job_id, owner))
        if render in job.available:
            return job, False
        if render not in job.options.permitted:
            raise RenderRefused(job)
        _check(self._cleaned_up(RenderRequest(job_id=job_id, render=render)), job)
        return job, True

    def correct(self, job_id: str, owner: str, corrections: Corrections, if_match: str | None) -> Job:
        """Replace the job's corrections, and return the job once its results show them.

        Raises JobNotFound, JobConflict (not completed), CorrectionsChanged, CorrectionsInvalid, OriginalGone and
        DetectorBusy.
        """
        job = self.jobs.get(job_id, owner)
        if job.status is not Status.COMPLETED:
            raise JobConflict(job, "so there is nothing to correct; only a completed job can be corrected")
        if corrections == job.corrections and job.corrected_at:
            # The corrections are already saved: the request was repeated because its response was lost, and its ETag is
            # out of date.
            return job
        if if_match not in (None, "*", etag_of(job)):
            raise CorrectionsChanged
        check_in_photo(corrections, job)
        request = CorrectRequest(job_id=job_id, before=job.corrections, corrections=corrections)
        outcome = self._cleaned_up(request)
        if outcome is RenderOutcome.CHANGED:
            raise CorrectionsChanged
        _check(outcome, job)
        if corrections.show:
            logger.info(
                "A correction shows faces that were hidden", extra={"job_id": job_id, "count": len(corrections.show)}
            )
        return self.jobs.get(job_id, owner)

    def face(self, job_id: str, owner: str, number: int, *, align: bool) -> bytes:
        """Return the picture of one face of a job. The picture is not stored.

        Raises JobNotFound, JobConflict (not completed), NoResult (failed), RenderRefused (the job was created to hide
        faces), FaceNotFound, OriginalGone and DetectorBusy.
        """
        job = completed(self.jobs.get(job_id, owner))
        if Render.PLAIN not in job.options.permitted:
            raise RenderRefused(job)
        count = len(job.faces or ())
        if number >= count:
            raise FaceNotFound(count)
        reply = self.detector.face(FaceRequest(job_id=job_id, number=number, align=align))
        _check(reply.outcome, job)
        return reply.image or b""

    def _cleaned_up(self, request: RenderRequest | CorrectRequest) -> RenderOutcome:
        try:
            if isinstance(request, CorrectRequest):
                return self.detector.correct(request).outcome
            return self.detector.render(request).outcome
        except DetectorBusy:
            raise
        except Exception:
            # The detector may have crashed between storing the result and noticing that the job was deleted. If the job
            # is gone, an event about its original makes a detector remove the job's objects; otherwise, the event has
            # no effect.
            self.queue.send(self.images.created_event(request.job_id), _CLEAN_UP_AFTER_SECONDS)
            raise


def _check(outcome: RenderOutcome | None, job: Job) -> None:
    """Raise OriginalGone or JobNotFound if the detector could not draw."""
    if outcome is RenderOutcome.ORIGINAL_GONE:
        raise OriginalGone(job)
    if outcome is RenderOutcome.JOB_GONE:
        raise JobNotFound


def completed(job: Job) -> Job:
    """Return a completed job. Raises NoResult for a failed job and JobConflict for one that has not ended."""
    if job.status is Status.FAILED:
        raise NoResult(job.failure)
    if job.status is not Status.COMPLETED:
        raise JobConflict(job, "so there is no result yet; try again later, or listen on the stream")
    return job
