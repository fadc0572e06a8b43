"""The HTTP contract, call by call, on the real stack."""

import io
import json
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
import websockets.exceptions
from facelib import limits
from PIL import Image
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.photos import NO_FACE, jpeg, one_face, padded, three_faces
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def assert_problem(response: httpx.Response, status: int, *words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["request_id"]
    for word in words:
        assert word in problem["detail"]


def test_a_large_photo_by_presigned_post(stack: Stack) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (3_000, 4_000, 3), np.uint8)
    noise[:1_024, :1_024] = np.asarray(Image.open(io.BytesIO(one_face(1_024))))
    data = jpeg(noise, 95)
    data = padded(data, max(len(data), 20_000_000))
    assert 20_000_000 <= len(data) <= limits.PRESIGNED_UPLOAD_BYTES
    with stack.listener() as listener:
        job_id = stack.upload(data, content_type="image/jpeg")
        event = listener.wait_for_job(job_id)
    assert event["type"] == "job.completed"
    job = stack.job(job_id)
    assert job["image"] == {"width": 4_000, "height": 3_000, "format": "jpeg", "bytes": len(data)}
    assert any(face["confidence"] > 0.8 and face["box"]["x"] < 1_024 for face in job["faces"])
    assert max(Image.open(io.BytesIO(stack.result(job_id))).size) <= limits.RESULT_LONG_SIDE


def test_a_presigned_form_takes_what_it_was_made_for_and_nothing_else(stack: Stack) -> None:
    granted = stack.http.post("/uploads", json={"content_type": "image/png"}).json()
    form, key = granted["upload"], f"originals/{granted['job_id']}"
    assert form["fields"]["key"] == key
    expires = datetime.fromisoformat(granted["expires_at"])
    assert timedelta(0) < expires - datetime.now(UTC) <= timedelta(minutes=15)
    photo = one_face(64)
    too_large = b"\0" * (limits.PRESIGNED_UPLOAD_BYTES + 1)
    assert stack.post_form(form, too_large, "image/png").status_code == 400
    other_key = {**form, "fields": {**form["fields"], "key": f"originals/{uuid.uuid4()}"}}
    assert stack.post_form(other_key, photo, "image/png").status_code == 403
    other_type = {**form, "fields": {**form["fields"], "Content-Type": "image/jpeg"}}
    assert stack.post_form(other_type, photo).status_code == 403
    assert stack.objects_of(granted["job_id"]) == []
    assert stack.post_form(form, photo, "image/png").status_code == 204


def test_an_expired_form_is_refused(stack: Stack) -> None:
    s3 = stack.aws.client("s3")
    job_id = str(uuid.uuid4())
    form = s3.generate_presigned_post(stack.outputs["OriginalsBucketName"], f"originals/{job_id}", ExpiresIn=-1)
    assert stack.post_form(form, one_face(64)).status_code == 403
    assert stack.objects_of(job_id) == []


def test_without_a_valid_signature_the_buckets_are_closed(stack: Stack) -> None:
    job = stack.http.post("/image", content=one_face(64), headers={"Prefer": "wait=20"}).json()
    redirect = stack.http.get(f"/jobs/{job['job_id']}/processed-image").headers["location"]
    assert httpx.get(redirect).status_code == 200
    assert httpx.get(redirect.partition("?")[0]).status_code == 403
    signature = httpx.URL(redirect).params["X-Amz-Signature"]
    assert httpx.get(redirect.replace(signature, "0" * len(signature))).status_code == 403
    form = stack.http.post("/uploads", json={}).json()["upload"]
    forged = {**form, "fields": {**form["fields"], "x-amz-signature": "0" * 64}}
    assert stack.post_form(forged, one_face(64)).status_code == 403


@pytest.mark.parametrize(("extra", "status"), [(-1, 202), (0, 202), (1, 413)])
def test_the_direct_limit(stack: Stack, extra: int, status: int) -> None:
    body = padded(one_face(128), limits.DIRECT_UPLOAD_BYTES + extra)
    response = stack.http.post("/image", content=body)
    assert response.status_code == status, response.text
    if status == 413:
        assert_problem(response, 413, "4,500,001 bytes", "POST /uploads")


def test_an_idempotency_key_makes_one_job(stack: Stack) -> None:
    headers = {"Idempotency-Key": f"try-{uuid.uuid4()}"}
    with stack.listener() as listener:
        first, second = (stack.http.post("/image", content=one_face(), headers=headers) for _ in range(2))
        assert (first.status_code, second.status_code) == (202, 202)
        job_id = first.json()["job_id"]
        assert second.json()["job_id"] == job_id
        listener.wait_for_job(job_id)
        third = stack.http.post("/image", content=one_face(), headers=headers)
        assert (third.json()["job_id"], third.json()["status"]) == (job_id, "completed")
        listener.ping()
        assert len(listener.of_job(job_id)) == 1
    assert stack.objects_of(job_id) == [f"originals/{job_id}", f"results/{job_id}/boxes.jpg"]
    assert_problem(stack.http.post("/image", content=three_faces(), headers=headers), 422, "Idempotency-Key")
    other_options = stack.http.post("/image", content=one_face(), params={"render": "blur"}, headers=headers)
    assert_problem(other_options, 422, "Idempotency-Key")


def test_an_idempotency_key_for_an_upload(stack: Stack) -> None:
    headers = {"Idempotency-Key": f"try-{uuid.uuid4()}"}
    request = {"content_type": "image/jpeg"}
    first, second = (stack.http.post("/uploads", json=request, headers=headers) for _ in range(2))
    assert first.json()["job_id"] == second.json()["job_id"]
    assert_problem(stack.http.post("/uploads", json={}, headers=headers), 422, "Idempotency-Key")


def test_prefer_wait_answers_with_the_whole_job(stack: Stack) -> None:
    response = stack.http.post("/image", content=one_face(), headers={"Prefer": "respond-async, wait=20"})
    assert response.status_code == 200
    assert response.headers["preference-applied"] == "wait=20"
    job = response.json()
    assert (job["status"], job["face_count"]) == ("completed", 1)
    assert job == stack.job(job["job_id"])
    assert response.headers["location"] == job["links"]["self"]
    at_once = stack.http.post("/image", content=one_face(), headers={"Prefer": "wait=0"})
    assert at_once.status_code == 202


def test_each_render_is_a_picture_of_its_own_of_one_job(stack: Stack) -> None:
    response = stack.http.post(
        "/image",
        params={"render": "boxes,blur,pixelate,solid"},
        content=one_face(),
        headers={"Prefer": "wait=20"},
    )
    job = response.json()
    assert job["options"]["render"] == ["boxes", "blur", "pixelate", "solid"]
    pictures = {render: stack.result(job["job_id"], render=render) for render in job["options"]["render"]}
    assert len(set(pictures.values())) == 4
    assert stack.result(job["job_id"]) == pictures["boxes"]
    for render in ("blur", "pixelate", "solid"):
        again = stack.http.post("/image", content=pictures[render], headers={"Prefer": "wait=20"}).json()
        assert again["face_count"] == 0, f"a face is found again behind {render}"


def test_options_of_a_form_and_of_an_upload(stack: Stack) -> None:
    form = {"render": ["blur", "boxes"], "max_faces": "2", "min_confidence": "0.5", "blur_strength": "5"}
    response = stack.http.post("/image", files={"file": three_faces()}, data=form, headers={"Prefer": "wait=20"})
    job = response.json()
    assert job["options"] == {
        "render": ["blur", "boxes"],
        "max_faces": 2,
        "min_confidence": 0.5,
        "blur_strength": 5,
        "size": "fit",
        "faces_json": False,
    }
    assert job["face_count"] == 2
    confidences = [face["confidence"] for face in job["faces"]]
    assert confidences == sorted(confidences, reverse=True)
    with stack.listener() as listener:
        job_id = stack.upload(three_faces(), options={"max_faces": 1})
        assert listener.wait_for_job(job_id)["face_count"] == 1


def test_a_render_nobody_asked_for(stack: Stack) -> None:
    job = stack.http.post("/image", content=jpeg(NO_FACE), headers={"Prefer": "wait=20"}).json()
    response = stack.http.get(f"/jobs/{job['job_id']}/processed-image", params={"render": "blur"})
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
def test_options_that_make_no_sense(stack: Stack, parameters: dict[str, str], field: str) -> None:
    response = stack.http.post("/image", content=one_face(64), params=parameters)
    assert_problem(response, 422, field)
    assert response.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize(
    "options",
    [{"min_confidence": False}, {"max_faces": True}, {"max_faces": "5"}, {"blur_strength": "3"}, {"render": []}],
)
def test_options_in_json_have_the_types_that_are_described(stack: Stack, options: dict[str, object]) -> None:
    assert_problem(stack.http.post("/uploads", json={"options": options}), 422, next(iter(options)))


def test_a_wrong_option_is_told_though_the_form_would_replace_it(stack: Stack) -> None:
    response = stack.http.post("/image", params={"size": "huge"}, data={"size": "fit"}, files={"file": one_face(64)})
    assert_problem(response, 422, "size")


def test_the_form_counts_more_than_the_query(stack: Stack) -> None:
    response = stack.http.post(
        "/image",
        params={"max_faces": 1, "size": "original"},
        data={"max_faces": "2"},
        files={"file": three_faces()},
        headers={"Prefer": "wait=20"},
    )
    assert (response.json()["face_count"], response.json()["options"]["size"]) == (2, "original")


def test_a_form_without_a_file(stack: Stack) -> None:
    assert_problem(stack.http.post("/image", files={"photo": one_face(64)}), 422, "file=@photo.jpg")


def test_jobs_newest_first_page_by_page(stack: Stack) -> None:
    mine = [stack.post_image(jpeg(NO_FACE)) for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while not set(mine) <= set(seen):
        page = stack.http.get("/jobs", params={"limit": 2, **cursor}).json()
        assert len(page["jobs"]) <= 2
        seen += [job["job_id"] for job in page["jobs"]]
        created = [job["created_at"] for job in page["jobs"]]
        assert created == sorted(created, reverse=True)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [job_id for job_id in seen if job_id in mine] == mine[::-1]
    assert len(seen) == len(set(seen))
    assert_problem(stack.http.get("/jobs", params={"cursor": "nonsense"}), 422, "cursor")
    assert_problem(stack.http.get("/jobs", params={"limit": 101}), 422, "limit")


def test_jobs_in_one_status(stack: Stack) -> None:
    job_id = stack.http.post("/uploads", json={}).json()["job_id"]
    jobs = stack.http.get("/jobs", params={"status": "pending", "limit": 100}).json()["jobs"]
    assert job_id in {job["job_id"] for job in jobs}
    assert {job["status"] for job in jobs} == {"pending"}
    assert_problem(stack.http.get(f"/jobs/{job_id}/processed-image"), 409, "pending")


def test_delete_takes_everything(stack: Stack) -> None:
    job = stack.http.post(
        "/image", content=one_face(), params={"render": "boxes,blur"}, headers={"Prefer": "wait=20"}
    ).json()
    job_id = job["job_id"]
    assert len(stack.objects_of(job_id)) == 3
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    assert stack.objects_of(job_id) == []
    assert_problem(stack.http.delete(f"/jobs/{job_id}"), 404)


def test_the_same_404_for_every_job_that_is_not_there(stack: Stack) -> None:
    deleted = stack.post_image(jpeg(NO_FACE))
    stack.http.delete(f"/jobs/{deleted}")
    expired = stack.http.post("/uploads", json={}).json()["job_id"]
    stack.aws.client("dynamodb").update_item(
        TableName=stack.outputs["JobsTableName"],
        Key={"job_id": {"S": expired}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00.000000Z"}},
    )
    responses = [
        stack.http.get(f"/jobs/{job_id}{path}")
        for job_id in (str(uuid.uuid4()), "not-an-id", "%F0%9F%99%82", deleted, expired)
        for path in ("", "/processed-image")
    ]
    for response in responses:
        assert_problem(response, 404)
    assert len({response.json()["detail"] for response in responses}) == 1
    assert expired not in {job["job_id"] for job in stack.http.get("/jobs", params={"limit": 100}).json()["jobs"]}


def test_unknown_addresses_and_methods_are_problems_too(stack: Stack) -> None:
    assert_problem(stack.http.get("/nothing/here"), 404, "/docs")
    refused = stack.http.put("/image", content=b"")
    assert_problem(refused, 405)
    assert refused.headers["allow"] == "POST"
    assert_problem(stack.http.post("/uploads", content=b"{", headers={"content-type": "application/json"}), 422)


def test_head_is_get_without_the_body(stack: Stack) -> None:
    job_id = stack.http.post("/uploads", json={}).json()["job_id"]
    for path in ("/health", "/limits", "/docs", "/", "/openapi.json", "/asyncapi.json", "/jobs", f"/jobs/{job_id}"):
        response = stack.http.head(path)
        assert (response.status_code, response.content) == (200, b""), path
        assert response.headers["content-type"] == stack.http.get(path).headers["content-type"]


def test_the_streams_description_leads_to_the_stream(stack: Stack) -> None:
    described = stack.http.get("/asyncapi.json").json()
    (server,) = described["servers"].values()
    ping, pong = (described["components"]["messages"][name]["examples"][0]["payload"] for name in ("ping", "pong"))
    with connect(f"{server['protocol']}://{server['host']}{server['pathname']}") as listener:
        listener.send(json.dumps(ping))
        assert json.loads(listener.recv(timeout=20)) == pong


def test_a_page_of_the_stack_may_ask(stack: Stack) -> None:
    own = stack.local_stack.origins[0]
    headers = {"Origin": own, "Access-Control-Request-Method": "DELETE"}
    preflight = stack.http.options(f"/jobs/{uuid.uuid4()}", headers=headers)
    assert preflight.status_code == 204, preflight.text
    assert preflight.headers["access-control-allow-origin"] == own
    assert "DELETE" in preflight.headers["access-control-allow-methods"]


def test_a_page_of_another_site_may_not(stack: Stack) -> None:
    foreign = {"Origin": "https://example.com"}
    for method, path in (("GET", "/jobs"), ("POST", "/image"), ("DELETE", f"/jobs/{uuid.uuid4()}")):
        response = stack.http.request(method, path, headers=foreign)
        assert response.status_code == 403, response.text
        assert response.headers.get("access-control-allow-origin") not in ("*", foreign["Origin"])
    preflight = stack.http.options("/jobs", headers={**foreign, "Access-Control-Request-Method": "DELETE"})
    assert preflight.headers.get("access-control-allow-origin") not in ("*", foreign["Origin"])
    with (
        pytest.raises(websockets.exceptions.InvalidStatus) as refused,
        connect(stack.ws_url, origin=Origin(foreign["Origin"])),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_every_answer_carries_the_security_headers(stack: Stack) -> None:
    for path in ("/", "/docs", "/health", "/jobs/unknown", "/nothing"):
        headers = stack.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_limits_are_those_in_force(stack: Stack) -> None:
    in_force = stack.http.get("/limits").json()
    assert in_force["direct_upload_bytes"] == limits.DIRECT_UPLOAD_BYTES
    assert in_force["job_kept_days"] == 1
    assert in_force["stream_url"] == stack.ws_url


def test_another_result_on_demand(stack: Stack) -> None:
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
        assert len(listener.of_job(job_id)) == 1, "a result more is no event"
    assert_problem(stack.http.post(f"/jobs/{job_id}/renders", json={"render": "sepia"}), 422, "render")
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    assert stack.objects_of(job_id) == []
    assert_problem(stack.http.post(f"/jobs/{job_id}/renders", json={"render": "blur"}), 404)
