"""Corrections: the pixels that a result hides afterwards, and the effect on its job."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from face_detector import main
from face_detector.analyse import analyse, redraw
from face_detector.detection.detector import Detector
from facelib.domain import object_keys
from facelib.domain.corrections import Corrections
from facelib.domain.job import Job
from facelib.domain.options import Options, Size
from facelib.domain.renders import Render
from facelib.messages.detector_requests import CorrectRequest
from facelib.messages.events import event_time
from facelib.messages.s3_events import OriginalCreated
from facelib.stores import clients

from tests.support.context import Context
from tests.support.detection_service import Service, png
from tests.support.detector import pixels_of
from tests.support.jobs import completed_job
from tests.support.pictures import Picture, compose, uncompressed

HIDING = [render for render in Render if render.hides_faces]


def correct(job_id: str, before: Corrections | None = None, **corrections: Any) -> str:
    request = CorrectRequest(job_id=job_id, before=before, corrections=Corrections.model_validate(corrections))
    return str(main.handler(request.model_dump(mode="json"), Context())["outcome"])


@pytest.fixture(scope="module")
def photo() -> Picture:
    return compose(900, 500, [(120, 120, 120), (650, 150, 120)])[0]


def job_of(photo: Picture, render: Render, detector: Detector) -> Job:
    options = Options(render=(render,), size=Size.ORIGINAL)
    done = analyse(uncompressed(photo), options, detector)
    assert len(done.faces) == 2
    return completed_job().model_copy(update={"options": options, "faces": done.faces, "image": done.image})


def drawn(photo: Picture, job: Job, detector: Detector, **corrections: Any) -> Picture:
    job = job.model_copy(update={"corrections": Corrections.model_validate(corrections)})
    (render,) = job.options.render
    return pixels_of(redraw(uncompressed(photo), job, (render,), detector)[render])


def changed(one: Picture, other: Picture) -> npt.NDArray[np.bool_]:
    """Return a mask of the pixels that differ by more than encoding alone would cause."""
    return np.asarray(np.abs(one.astype(int) - other).max(axis=2) > 40)


@pytest.mark.parametrize("render", HIDING)
def test_only_the_chosen_face_is_shown(photo: Picture, render: Render, fast: Detector) -> None:
    job = job_of(photo, render, fast)
    before, after = drawn(photo, job, fast), drawn(photo, job, fast, show=[0])
    box, other = (face.box for face in job.faces or ())
    face = slice(int(box.y), int(box.y + box.height)), slice(int(box.x), int(box.x + box.width))
    rest = slice(int(other.y), int(other.y + other.height)), slice(int(other.x), int(other.x + other.width))
    assert changed(before, photo)[face].mean() > 0.3
    assert changed(after, photo)[face].mean() < 0.02
    assert changed(after, photo)[rest].mean() > 0.3
    far = np.abs(np.arange(900) - (box.x + box.width / 2)) > 2 * box.width
    assert np.array_equal(before[:, far][:, 32:-32], after[:, far][:, 32:-32]), "nothing else is shown"


@pytest.mark.parametrize("render", HIDING)
def test_manually_hidden_areas_are_hidden_like_faces(render: Render, fast: Detector) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (200, 300, 3), np.uint8)
    options = Options(render=(render,), size=Size.ORIGINAL)
    job = completed_job().model_copy(update={"options": options, "faces": ()})
    after = drawn(noise, job, fast, hide=[{"x": 50, "y": 40, "width": 100, "height": 75}])
    inside = after[40:115, 50:150].astype(float)
    differences = np.abs(np.diff(inside, axis=1))
    assert (differences > 25).mean() < 0.02, "no grain is left"
    assert changed(after, drawn(noise, job, fast))[150:, 200:].mean() < 0.01


def test_hiding_takes_precedence_over_showing(photo: Picture, fast: Detector) -> None:
    job = job_of(photo, Render.SOLID, fast)
    box = (job.faces or ())[0].box
    after = drawn(photo, job, fast, show=[0], hide=[box.model_dump()])
    assert after[int(box.y) + 2 : int(box.y + box.height) - 2, int(box.x) + 2 : int(box.x + box.width) - 2].max() < 20


def completed(service: Service, *renders: Render, faces_json: bool = False) -> str:
    job = service.upload(png("white"), Options(render=renders, faces_json=faces_json))
    service.service.processing.process(OriginalCreated(job.job_id, None))
    return job.job_id


def result(service: Service, job_id: str, render: Render) -> bytes:
    stored = clients.s3().get_object(Bucket=service.account.results_bucket, Key=object_keys.result(job_id, render))
    return bytes(stored["Body"].read())


def test_a_correction_changes_stored_and_later_results_that_hide_faces(service: Service) -> None:
    job_id = completed(service, Render.SOLID, Render.PREVIEW, faces_json=True)
    before = {render: result(service, job_id, render) for render in (Render.SOLID, Render.PREVIEW)}
    assert correct(job_id, show=[0]) == "stored"
    for render, old in before.items():
        assert pixels_of(old)[24, 32].max() < 20
        assert pixels_of(result(service, job_id, render)).min() > 230
    service.service.on_demand.render(job_id, Render.BLUR)
    assert pixels_of(result(service, job_id, Render.BLUR)).min() > 230
    job = service.jobs.get(job_id, "public")
    assert job.corrections == Corrections(show=(0,))
    assert job.corrected_at is not None
    assert job.completed_at is not None
    assert event_time(job.event_id or "") == job.corrected_at > job.completed_at, "the correction has its own event"
    stored = (
        clients.s3()
        .get_object(Bucket=service.account.results_bucket, Key=object_keys.faces_json(job_id))["Body"]
        .read()
    )
    assert b'"show":[0]' in stored
    assert correct(job_id, Corrections(show=(0,))) == "stored", "removing the corrections restores the first result"
    assert pixels_of(result(service, job_id, Render.SOLID))[24, 32].max() < 20


def test_a_job_without_hidden_faces_is_not_redrawn(service: Service) -> None:
    job_id = completed(service, Render.BOXES)
    before = result(service, job_id, Render.BOXES)
    assert correct(job_id, hide=[{"x": 1, "y": 1, "width": 5, "height": 5}]) == "stored"
    assert result(service, job_id, Render.BOXES) == before


def test_without_the_original_nothing_changes(service: Service) -> None:
    job_id = completed(service, Render.SOLID)
    service.images.delete_original(job_id)
    assert correct(job_id, show=[0]) == "original_gone"
    assert service.jobs.get(job_id, "public").corrections is None


def test_corrections_of_others_are_not_overwritten(service: Service) -> None:
    job_id = completed(service, Render.SOLID)
    correct(job_id, show=[0])
    assert correct(job_id, hide=[]) == "changed"
    assert service.jobs.get(job_id, "public").corrections == Corrections(show=(0,))


def test_a_correction_made_while_another_is_drawn_wins(service: Service) -> None:
    job_id = completed(service, Render.SOLID)
    detect = service.detector.during

    def another() -> None:
        service.detector.during = detect
        assert correct(job_id, Corrections(show=(0,)), hide=[]) == "stored"

    service.detector.during = another
    assert correct(job_id, show=[0]) == "stored"
    assert pixels_of(result(service, job_id, Render.SOLID))[24, 32].max() < 20, (
        "the later correction determines the result"
    )
    assert service.jobs.get(job_id, "public").corrections == Corrections()


def test_a_result_drawn_during_a_correction_shows_the_correction(service: Service) -> None:
    job_id = completed(service, Render.BOXES)
    detect = service.detector.during

    def corrected() -> None:
        service.detector.during = detect
        assert correct(job_id, show=[0]) == "stored"

    service.detector.during = corrected
    service.service.on_demand.render(job_id, Render.SOLID)
    assert pixels_of(result(service, job_id, Render.SOLID)).min() > 230


def test_a_job_deleted_while_it_is_corrected_leaves_nothing(service: Service) -> None:
    job_id = completed(service, Render.SOLID)

    def delete() -> None:
        service.jobs.begin_deletion(job_id, "public")
        service.images.delete(job_id)
        service.jobs.remove(job_id)

    service.detector.during = delete
    assert correct(job_id, show=[0]) == "job_gone"
    assert service.objects() == set()
