"""Results that are drawn later for a completed job."""

from uuid import uuid4

from face_detector import main
from facelib.domain import object_keys
from facelib.domain.options import Options
from facelib.domain.renders import Render
from facelib.messages.detector_requests import RenderOutcome
from facelib.messages.s3_events import OriginalCreated

from tests.support.context import Context
from tests.support.detection_service import Service, png, uploaded


def completed(service: Service, options: Options | None = None) -> str:
    job = service.upload(png(), options)
    service.service.processing.process(OriginalCreated(job.job_id, None))
    return job.job_id


def test_further_results_are_drawn_on_demand(service: Service) -> None:
    job_id = completed(service)
    for render in (Render.BLUR, Render.PLAIN, Render.PREVIEW, Render.BLUR):
        reply = main.handler({"action": "render", "job_id": job_id, "render": render}, Context())
        assert reply == {"outcome": "stored"}
    assert set(service.jobs.get(job_id, "public").available) == {
        Render.BOXES,
        Render.BLUR,
        Render.PLAIN,
        Render.PREVIEW,
    }
    assert service.objects() == {object_keys.original(job_id)} | {
        object_keys.result(job_id, render) for render in (Render.BOXES, Render.BLUR, Render.PLAIN, Render.PREVIEW)
    }


def test_a_job_deleted_while_a_result_is_drawn_leaves_nothing(service: Service) -> None:
    job_id = completed(service)

    def delete() -> None:
        service.jobs.begin_deletion(job_id, "public")
        service.images.delete(job_id)
        service.jobs.remove(job_id)

    service.detector.during = delete
    assert service.service.on_demand.render(job_id, Render.BLUR) is RenderOutcome.JOB_GONE
    assert service.objects() == set()


def test_an_image_of_another_upload_is_not_drawn(service: Service) -> None:
    job = service.upload(png())
    service.service.processing.process(uploaded(service, job, png()))
    uploaded(service, job, png() + b"another")
    assert service.service.on_demand.render(job.job_id, Render.PLAIN) is RenderOutcome.ORIGINAL_GONE
    service.images.delete_original(job.job_id)
    assert service.service.on_demand.render(job.job_id, Render.PLAIN) is RenderOutcome.ORIGINAL_GONE
    assert object_keys.result(job.job_id, Render.PLAIN) not in service.objects()


def test_nothing_is_drawn_for_a_job_that_is_not_completed(service: Service) -> None:
    pending = service.upload(png())
    for job_id in (pending.job_id, str(uuid4())):
        assert service.service.on_demand.render(job_id, Render.BLUR) is RenderOutcome.JOB_GONE
