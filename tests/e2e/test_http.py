"""The HTTP contract, call by call, on the real stack."""

import json
import uuid

import pytest
import websockets.exceptions
from facelib.domain import limits
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.photos import NO_FACE, jpeg, one_face
from tests.support.problems import assert_problem
from tests.support.stack import TIMEOUT_SECONDS, Stack, ended

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_prefer_wait_returns_the_whole_job(stack: Stack) -> None:
    response = ended(stack.http.request, content=one_face())
    assert response.headers["preference-applied"] == "wait=20"
    job = response.json()
    assert (job["status"], job["face_count"]) == ("completed", 1)
    assert job == stack.job(job["job_id"])
    assert response.headers["location"] == job["links"]["self"]
    at_once = stack.http.post("/image", content=one_face(), headers={"Prefer": "wait=0"})
    assert at_once.status_code == 202


def test_a_form_without_a_file_is_refused(stack: Stack) -> None:
    assert_problem(stack.http.post("/image", files={"photo": one_face(64)}), 422, "file=@photo.jpg")


def test_jobs_are_listed_page_by_page_newest_first(stack: Stack) -> None:
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


def test_jobs_can_be_filtered_by_status(stack: Stack) -> None:
    job_id = stack.http.post("/uploads", json={}).json()["job_id"]
    jobs = stack.http.get("/jobs", params={"status": "pending", "limit": 100}).json()["jobs"]
    assert job_id in {job["job_id"] for job in jobs}
    assert {job["status"] for job in jobs} == {"pending"}
    assert_problem(stack.http.get(f"/jobs/{job_id}/processed-image"), 409, "pending")


def test_delete_removes_everything(stack: Stack) -> None:
    job_id = stack.completed(one_face(), render="boxes,blur")
    assert len(stack.objects_of(job_id)) == 3
    assert stack.http.delete(f"/jobs/{job_id}").status_code == 204
    assert stack.objects_of(job_id) == []
    assert_problem(stack.http.delete(f"/jobs/{job_id}"), 404)


def test_every_missing_job_gets_the_same_404(stack: Stack) -> None:
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


def test_unknown_paths_and_methods_return_problems(stack: Stack) -> None:
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
    with connect(
        f"{server['protocol']}://{server['host']}{server['pathname']}", open_timeout=TIMEOUT_SECONDS
    ) as listener:
        listener.send(json.dumps(ping))
        assert json.loads(listener.recv(timeout=TIMEOUT_SECONDS)) == pong


def test_the_stacks_own_page_may_send_requests(stack: Stack) -> None:
    own = stack.local_stack.origins[0]
    headers = {"Origin": own, "Access-Control-Request-Method": "DELETE"}
    preflight = stack.http.options(f"/jobs/{uuid.uuid4()}", headers=headers)
    assert preflight.status_code == 204, preflight.text
    assert preflight.headers["access-control-allow-origin"] == own
    assert "DELETE" in preflight.headers["access-control-allow-methods"]


def test_pages_of_other_sites_may_not_send_requests(stack: Stack) -> None:
    foreign = {"Origin": "https://example.com"}
    for method, path in (("GET", "/jobs"), ("POST", "/image"), ("DELETE", f"/jobs/{uuid.uuid4()}")):
        response = stack.http.request(method, path, headers=foreign)
        assert response.status_code == 403, response.text
        assert response.headers.get("access-control-allow-origin") not in ("*", foreign["Origin"])
    preflight = stack.http.options("/jobs", headers={**foreign, "Access-Control-Request-Method": "DELETE"})
    assert preflight.headers.get("access-control-allow-origin") not in ("*", foreign["Origin"])
    with (
        pytest.raises(websockets.exceptions.InvalidStatus) as refused,
        connect(stack.ws_url, origin=Origin(foreign["Origin"]), open_timeout=TIMEOUT_SECONDS),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_every_response_has_the_security_headers(stack: Stack) -> None:
    for path in ("/", "/docs", "/health", "/jobs/unknown", "/nothing"):
        headers = stack.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_limits_are_those_in_force(stack: Stack) -> None:
    in_force = stack.http.get("/limits").json()
    assert in_force["direct_upload_bytes"] == limits.DIRECT_UPLOAD_BYTES
    assert in_force["job_kept_days"] == 1
    assert in_force["stream_url"] == stack.ws_url
