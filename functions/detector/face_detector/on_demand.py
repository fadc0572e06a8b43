"""The use cases for completed jobs: more results, corrected results, and pictures of single faces.

They are idempotent, even if they run late or concurrently.
"""

from dataclasses import dataclass

from aws_lambda_powertools.metrics import MetricUnit
from facelib.domain.errors import CorrectionsChanged, JobNotFound, ObjectMissing
from facelib.domain.job import Job, Status
from facelib.domain.renders import Render
from facelib.messages.detector_requests import CorrectRequest, FaceReply, FaceRequest, RenderOutcome
from facelib.messages.events import time_of_next_event
from facelib.messages.job_view import JobView
from facelib.observability import logger, metrics
from facelib.stores.jobs.corrections import StoredCorrections
from facelib.stores.jobs.renders import AddedRenders
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore

from face_detector.analyse import draw_face, redraw
from face_detector.detection.detector import Detector


@dataclass(frozen=True)
class OnDemand:
    jobs: JobTable
    renders: AddedRenders
    corrections: StoredCorrections
    images: ImageStore
    detector: Detector
    public_url: str

    def render(self, job_id: str, render: Render) -> RenderOutcome:
        """Draw and store one more result of a completed job. Raises ImageRejected if the original is unusable."""
        try:
            job, data = self._read_again(job_id)
        except (JobNotFound, ObjectMissing) as error:
            return _outcome(error)
        self.images.add_result(job_id, render, redraw(data, job, (render,), self.detector)[render])
        # The record is updated last: a deletion that began earlier makes the update fail, and one that begins later
        # finds the result.
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
                logger.info("Redrawing results that were corrected in the meantime")
        except CorrectionsChanged:
            return RenderOutcome.CHANGED
        except (JobNotFound, ObjectMissing) as error:
            return _outcome(error)
        return RenderOutcome.STORED

    def _draw_corrected(self, job_id: str) -> bool:
        """Draw results with the job's corrections, and return False if the corrections changed in the meantime.

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
        """Return the picture of one face of a completed job. Raises ImageRejected if the original is unusable."""
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
            # The original was uploaded again after the job had ended; the event of that upload will remove it.
            raise ObjectMissing
        return job, original.data


def _outcome(error: JobNotFound | ObjectMissing) -> RenderOutcome:
    return RenderOutcome.JOB_GONE if isinstance(error, JobNotFound) else RenderOutcome.ORIGINAL_GONE
