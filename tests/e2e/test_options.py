"""Options and requested results, on the real stack."""

import httpx
import pytest

from tests.support.photos import NO_FACE, jpeg, one_face, three_faces
from tests.support.problems import assert_problem
from tests.support.stack import Stack, ended

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_each_render_of_a_job_is_a_separate_picture(stack: Stack) -> None:
    job = stack.job(stack.completed(one_face(), render="boxes,blur,pixelate,solid"))
    assert job["options"]["render"] == ["boxes", "blur", "pixelate", "solid"]
    pictures = {render: stack.result(job["job_id"], render=render) for render in job["options"]["render"]}
    assert len(set(pictures.values())) == 4
    assert stack.result(job["job_id"]) == pictures["boxes"]
    for render in ("blur", "pixelate", "solid"):
        again = stack.job(stack.completed(pictures[render]))
        assert again["face_count"] == 0, f"no face is found in the result of {render}"


def test_options_are_read_from_forms_and_from_upload_requests(stack: Stack) -> None:
    form = {"render": ["blur", "boxes"], "max_faces": "2", "min_confidence": "0.5", "blur_strength": "5"}
    job = ended(stack.http.request, files={"file": three_faces()}, data=form).json()
    assert job["options"] == {
        "render": ["blur", "boxes"],
        "max_faces": 2,
        "min_confidence": 0.5,
        "blur_strength": 5,
        "size": "fit",
        "crop_aspect": "free",
        "crop_padding": 0.5,
        "crop_faces": "all",
        "faces_json": False,
    }
    assert job["face_count"] == 2
    confidences = [face["confidence"] for face in job["faces"]]
    assert confidences == sorted(confidences, reverse=True)
    with stack.listener() as listener:
        job_id = stack.upload(three_faces(), options={"max_faces": 1})
        assert listener.wait_for_job(job_id)["face_count"] == 1


def test_a_render_that_was_not_requested_is_not_found(stack: Stack) -> None:
    job_id = stack.completed(jpeg(NO_FACE))
    response = stack.http.get(f"/jobs/{job_id}/processed-image", params={"render": "blur"})
    assert_problem(response, 404, "boxes")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"render": "sketch"}, "render"),
        ({"max_faces": "0"}, "max_faces"),
        ({"max_faces": "true"}, "max_faces"),
        ({"max_faces": "two"}, "max_faces"),
        ({"blur_strength": "6"}, "blur_strength"),
        ({"blur_strength": "0"}, "blur_strength"),
        ({"min_confidence": "NaN"}, "min_confidence"),
        ({"min_confidence": "null"}, "min_confidence"),
        ({"min_confidence": "2"}, "min_confidence"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_invalid_options_are_refused(stack: Stack, parameters: dict[str, str], field: str) -> None:
    response = stack.http.post("/image", content=one_face(64), params=parameters)
    assert_problem(response, 422, field)
    assert response.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize(
    "options",
    [{"min_confidence": False}, {"max_faces": True}, {"max_faces": "5"}, {"blur_strength": "3"}, {"render": []}],
)
def test_json_options_of_the_wrong_type_are_refused(stack: Stack, options: dict[str, object]) -> None:
    assert_problem(stack.http.post("/uploads", json={"options": options}), 422, next(iter(options)))


def test_an_invalid_option_is_reported_even_if_the_form_overrides_it(stack: Stack) -> None:
    response = stack.http.post("/image", params={"size": "huge"}, data={"size": "fit"}, files={"file": one_face(64)})
    assert_problem(response, 422, "size")


def test_the_form_takes_precedence_over_the_query(stack: Stack) -> None:
    response = ended(
        stack.http.request,
        params={"max_faces": 1, "size": "original"},
        data={"max_faces": "2"},
        files={"file": three_faces()},
    )
    assert (response.json()["face_count"], response.json()["options"]["size"]) == (2, "original")


def test_another_result_is_drawn_on_demand(stack: Stack) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(one_face())
        listener.wait_for_job(job_id)
        made = stack.http.post(f"/jobs/{job_id}/renders", json={"render": "preview"})
        assert made.status_code == 201, made.text
        picture = httpx.get(made.json()["url"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
        assert stack.http.post(f"/jobs/{job_id}/renders", json={"render": "preview"}).status_code == 200
        assert stack.job(job_id)["renders"] == ["boxes", "preview"]
        listener.ping()
        assert len(listener.of_job(job_id)) == 1, "an additional result does not produce an event"
    assert_problem(stack.http.post(f"/jobs/{job_id}/renders", json={"render": "sepia"}), 422, "render")
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    assert stack.objects_of(job_id) == []
    assert_problem(stack.http.post(f"/jobs/{job_id}/renders", json={"render": "blur"}), 404)
