"""The client's words with the service, which is played by a function."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from facecast.api import Job, Options, Service, ServiceError

JOB_ID = "0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"
LIMITS = {
    "direct_upload_bytes": 10,
    "presigned_upload_bytes": 20,
    "wait_seconds": 7,
    "replay_limit": 100,
    "stream_url": "wss://stream.example/ws",
    "formats": ["jpeg"],
}
FACE = {"box": {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}, "confidence": 0.9, "landmarks": {}}


def a_job(status: str = "completed", **changes: Any) -> dict[str, Any]:
    job = {"job_id": JOB_ID, "status": status, "options": {"render": ["boxes"]}, "face_count": 1, "failure": None}
    return job | {"faces": [FACE]} | changes


class Played:
    """A service that answers from a table of `METHOD path` and records the requests."""

    def __init__(self, responses: Mapping[str, httpx.Response | list[httpx.Response]]) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = {"GET /api/limits": httpx.Response(200, json=LIMITS), **responses}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        response = self._responses[f"{request.method} {request.url.path}"]
        return response.pop(0) if isinstance(response, list) else response

    def service(self) -> Service:
        return Service("https://example.test/api", httpx.MockTransport(self))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.jpg"
    path.write_bytes(b"x" * 10)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.png"
    path.write_bytes(b"x" * 11)
    return path


def test_a_small_photo_is_sent_in_the_request_and_waited_for(small: Path) -> None:
    played = Played({"POST /api/image": httpx.Response(200, json=a_job())})
    with played.service() as service:
        job = service.detect(small, Options(("boxes", "blur"), min_confidence=0.5, max_faces=3))
    assert job == Job.of(a_job())
    assert (job.faces[0].x, job.faces[0].confidence) == (1.0, 0.9)
    sent = played.requests[-1]
    assert sent.headers["prefer"] == "wait=7"
    for part in (b'name="render"', b"boxes", b"blur", b'name="min_confidence"', b"0.5", b'name="max_faces"', b"x" * 10):
        assert part in sent.content


def test_a_job_that_takes_longer_is_asked_for(small: Path) -> None:
    pending = {"job_id": JOB_ID, "status": "pending", "links": {}}
    jobs = [httpx.Response(200, json=a_job(status)) for status in ("processing", "completed")]
    played = Played({"POST /api/image": httpx.Response(202, json=pending), f"GET /api/jobs/{JOB_ID}": jobs})
    with played.service() as service:
        assert service.detect(small, Options()).status == "completed"


def test_a_large_photo_is_posted_to_the_form_it_was_given(large: Path) -> None:
    form = {"url": "https://bucket.test/originals", "fields": {"key": "k", "policy": "p"}}
    played = Played(
        {
            "POST /api/uploads": httpx.Response(201, json={"job_id": JOB_ID, "upload": form}),
            "POST /originals": httpx.Response(204),
            f"GET /api/jobs/{JOB_ID}": httpx.Response(200, json=a_job()),
        }
    )
    with played.service() as service:
        assert service.detect(large, Options(max_faces=2)).face_count == 1
    _, granted, posted, _ = played.requests
    assert json.loads(granted.content) == {"options": {"render": ["boxes"], "max_faces": 2}}
    assert b"image/png" in posted.content
    assert posted.content.index(b'name="policy"') < posted.content.index(b'name="file"')


def test_too_large_a_photo_is_not_sent(tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(b"x" * 21)
    played = Played({})
    with played.service() as service, pytest.raises(ServiceError, match="21 bytes; at most 20"):
        service.detect(huge, Options())
    assert [request.method for request in played.requests] == ["GET"]


def test_waiting_has_an_end(large: Path) -> None:
    form = {"url": "https://bucket.test/originals", "fields": {}}
    played = Played(
        {
            "POST /api/uploads": httpx.Response(201, json={"job_id": JOB_ID, "upload": form}),
            "POST /originals": httpx.Response(204),
            f"GET /api/jobs/{JOB_ID}": httpx.Response(200, json=a_job("pending")),
        }
    )
    with played.service() as service, pytest.raises(ServiceError, match="is pending still"):
        service.detect(large, Options(), patience=-1)


def test_jobs_are_read_page_after_page() -> None:
    pages = [
        httpx.Response(200, json={"jobs": [a_job()], "next_cursor": "c1"}),
        httpx.Response(200, json={"jobs": [], "next_cursor": "c2"}),
        httpx.Response(200, json={"jobs": [a_job("failed")], "next_cursor": None}),
    ]
    played = Played({"GET /api/jobs": pages})
    with played.service() as service:
        assert [job.status for job in service.jobs("failed")] == ["completed", "failed"]
    assert [request.url.query.decode() for request in played.requests] == [
        "status=failed",
        "status=failed&cursor=c1",
        "status=failed&cursor=c2",
    ]


def test_a_result_is_fetched_from_where_it_leads_to() -> None:
    played = Played(
        {
            f"GET /api/jobs/{JOB_ID}/processed-image": httpx.Response(302, headers={"Location": "https://b.test/r"}),
            "GET /r": httpx.Response(200, content=b"jpeg"),
        }
    )
    with played.service() as service:
        assert service.result(JOB_ID, "blur") == b"jpeg"
    assert played.requests[0].url.params["render"] == "blur"


@pytest.mark.parametrize(
    ("response", "message"),
    [
        pytest.param(
            httpx.Response(404, json={"detail": "There is no such job."}), "^There is no such job.$", id="api"
        ),
        pytest.param(httpx.Response(503, text="<html>"), "answered 503 Service Unavailable", id="gateway"),
        pytest.param(httpx.Response(403, json=["?"]), "answered 403 Forbidden", id="another shape"),
        pytest.param(httpx.Response(200, text="<html>"), "is no Facecast service", id="another service"),
    ],
)
def test_errors_are_told_in_the_services_own_words(response: httpx.Response, message: str) -> None:
    played = Played({f"GET /api/jobs/{JOB_ID}": response})
    with played.service() as service, pytest.raises(ServiceError, match=message):
        service.job(JOB_ID)


def test_a_service_that_cannot_be_reached_is_named() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    service = Service("https://example.test", httpx.MockTransport(refuse))
    with (
        service,
        pytest.raises(ServiceError, match=r"^https://example\.test could not be reached: Connection refused$"),
    ):
        service.delete(JOB_ID)
