"""Requests that the sync and async clients send to a fake service with prepared responses."""

import asyncio
import inspect
import json
from pathlib import Path

import httpx
import pytest
from facecast import (
    AsyncClient,
    Client,
    Job,
    JobTimeout,
    Options,
    ServiceError,
    Unauthorized,
)

from tests.support.clients import Caller
from tests.support.service import JOB_ID, KEY, LIMITS, PlayedService, a_job

pytestmark = pytest.mark.usefixtures("pauses")


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


def test_both_clients_have_the_same_methods() -> None:
    def methods(client: type) -> dict[str, list[str]]:
        functions = inspect.getmembers(client, inspect.isfunction)
        return {name: list(inspect.signature(one).parameters) for name, one in functions if not name.startswith("_")}

    sync, awaited = methods(Client), methods(AsyncClient)
    assert awaited["listen"] == [*sync["listen"], "on_connection"]
    assert awaited | {"listen": sync["listen"]} == sync
    assert all(getattr(Client, name).__doc__ for name in sync)
    same = sync.keys() - {"detect_many", "listen"}
    assert [name for name in same if getattr(Client, name).__doc__ != getattr(AsyncClient, name).__doc__] == []


def test_a_small_photo_is_sent_in_the_request_and_waited_for(call: Caller, small: Path) -> None:
    played = PlayedService({"POST /api/image": httpx.Response(200, json=a_job())})
    options = Options(render=("boxes", "blur"), min_confidence=0.5, max_faces=3)
    job = call(played, "detect", small, options, idempotency_key="k1")
    assert job == Job.of(a_job())
    assert (job.faces[0].box.x, job.faces[0].confidence) == (1.0, 0.9)
    sent = played.requests[-1]
    assert (sent.headers["prefer"], sent.headers["idempotency-key"]) == ("wait=7", "k1")
    for part in (b'name="render"', b"boxes", b"blur", b'name="min_confidence"', b"0.5", b'name="max_faces"', b"x" * 10):
        assert part in sent.content
    # The file name is not sent, because it may reveal more than the sender wants.
    assert b"small" not in sent.content


def test_sending_does_not_wait(call: Caller) -> None:
    pending = {"job_id": JOB_ID, "status": "pending", "links": {}}
    played = PlayedService({"POST /api/image": httpx.Response(202, json=pending)})
    assert call(played, "send", b"x").job_id == JOB_ID
    assert "prefer" not in played.requests[-1].headers


def test_a_job_that_outlasts_its_request_is_polled(call: Caller, small: Path, pauses: list[float]) -> None:
    pending = {"job_id": JOB_ID, "status": "pending", "links": {}}
    jobs = [httpx.Response(200, json=a_job(status)) for status in ("processing", "processing", "completed")]
    played = PlayedService({"POST /api/image": httpx.Response(202, json=pending), f"GET /api/jobs/{JOB_ID}": jobs})
    assert call(played, "detect", small).status == "completed"
    assert pauses == [pytest.approx(0.3), pytest.approx(0.45)]


def test_a_large_photo_is_posted_to_its_upload_form(call: Caller, large: Path) -> None:
    form = {"url": "https://bucket.test/originals", "fields": {"key": "k", "policy": "p"}}
    played = PlayedService(
        {
            "POST /api/uploads": httpx.Response(201, json={"job_id": JOB_ID, "upload": form}),
            "POST /originals": httpx.Response(204),
            f"GET /api/jobs/{JOB_ID}": httpx.Response(200, json=a_job()),
        }
    )
    assert call(played, "detect", large, Options(max_faces=2), key=KEY).face_count == 1
    _, granted, posted, _ = played.requests
    assert json.loads(granted.content) == {"options": {"render": ["boxes"], "max_faces": 2}}
    assert b"image/png" in posted.content
    assert posted.content.index(b'name="policy"') < posted.content.index(b'name="file"')
    # The bucket is not the API, and must not receive the key.
    assert granted.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in posted.headers


def test_a_large_photo_that_has_already_arrived_is_not_sent_again(call: Caller, large: Path) -> None:
    conflict = httpx.Response(409, json={"detail": "The job is completed.", "job_id": JOB_ID})
    played = PlayedService(
        {"POST /api/uploads": conflict, f"GET /api/jobs/{JOB_ID}": httpx.Response(200, json=a_job())}
    )
    assert call(played, "detect", large).job_id == JOB_ID


def test_a_photo_that_is_too_large_is_not_sent(call: Caller, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(b"x" * 21)
    played = PlayedService({})
    with pytest.raises(ServiceError, match="the maximum is 20 bytes"):
        call(played, "detect", huge)
    with pytest.raises(FileNotFoundError):
        call(played, "detect", tmp_path / "missing.jpg")
    assert {request.method for request in played.requests} == {"GET"}


def test_waiting_times_out(call: Caller) -> None:
    played = PlayedService({f"GET /api/jobs/{JOB_ID}": httpx.Response(200, json=a_job("pending"))})
    with pytest.raises(JobTimeout, match="is still pending"):
        call(played, "wait", JOB_ID, timeout_seconds=-1)


def test_jobs_are_read_page_by_page(call: Caller) -> None:
    pages = [
        httpx.Response(200, json={"jobs": [a_job()], "next_cursor": "c1"}),
        httpx.Response(200, json={"jobs": [], "next_cursor": "c2"}),
        httpx.Response(200, json={"jobs": [a_job("failed")], "next_cursor": None}),
    ]
    played = PlayedService({"GET /api/jobs": pages})
    assert [job.status for job in call(played, "jobs", "failed")] == ["completed", "failed"]
    assert [request.url.query.decode() for request in played.requests] == [
        "status=failed",
        "status=failed&cursor=c1",
        "status=failed&cursor=c2",
    ]


@pytest.mark.parametrize(
    ("method", "path", "sent", "response"),
    [
        (
            "result",
            "GET /api/jobs/{}/processed-image",
            "render=blur",
            httpx.Response(302, headers={"Location": "https://b.test/r"}),
        ),
        (
            "draw",
            "POST /api/jobs/{}/renders",
            '{"render":"blur"}',
            httpx.Response(201, json={"url": "https://b.test/r"}),
        ),
    ],
)
def test_a_result_is_fetched_through_its_redirect(
    call: Caller, *, method: str, path: str, sent: str, response: httpx.Response
) -> None:
    played = PlayedService({path.format(JOB_ID): response, "GET /r": httpx.Response(200, content=b"jpeg")})
    assert call(played, method, JOB_ID, "blur", key=KEY) == b"jpeg"
    requested, followed = played.requests
    assert requested.url.query.decode() + requested.content.decode().replace(" ", "") == sent
    assert requested.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in followed.headers


@pytest.mark.parametrize(("align", "query"), [(False, ""), (True, "align=true")])
def test_a_face_is_fetched_from_the_service_itself(call: Caller, *, align: bool, query: str) -> None:
    played = PlayedService({f"GET /api/jobs/{JOB_ID}/faces/3/image": httpx.Response(200, content=b"jpeg")})
    assert call(played, "face", JOB_ID, 3, align=align, key=KEY) == b"jpeg"
    assert played.requests[-1].url.query.decode() == query
    assert played.requests[-1].headers["authorization"] == f"Bearer {KEY}"


def test_each_of_many_photos_returns_its_job_or_its_error(call: Caller, tmp_path: Path) -> None:
    refusal = httpx.Response(415, json={"detail": "This is a text file."})
    images = [httpx.Response(200, json=a_job()), refusal, httpx.Response(200, json=a_job("failed"))]
    played = PlayedService({"POST /api/image": images, f"GET /api/jobs/{JOB_ID}": httpx.Response(200, json=a_job())})
    missing = tmp_path / "missing.jpg"
    outcomes = dict(call(played, "detect_many", [b"1", b"2", b"3", missing], parallel=1))
    assert isinstance(outcomes[b"1"], Job)
    assert isinstance(outcomes[b"3"], Job)
    assert str(outcomes[b"2"]) == "This is a text file."
    assert isinstance(outcomes[missing], FileNotFoundError)


def test_errors_that_affect_all_photos_end_the_run(call: Caller) -> None:
    played = PlayedService({"POST /api/image": httpx.Response(401)})
    with pytest.raises(Unauthorized):
        call(played, "detect_many", [b"1", b"2"], parallel=1)
    assert len([request for request in played.requests if request.method == "POST"]) == 1


def test_each_connection_with_a_key_gets_a_ticket() -> None:
    ticket = {"ticket": "t 1", "stream_url": "wss://stream.test/ws", "expires_at": "2026-11-24T10:01:00Z"}
    played = PlayedService({"POST /api/stream-tickets": httpx.Response(201, json=ticket)})

    async def address(key: str | None) -> str:
        async with AsyncClient(played.url, key=key, transport=played.transport) as client:
            return str(await client._run(client._operations.stream_address()))

    assert asyncio.run(address(KEY)) == "wss://stream.test/ws?ticket=t+1"
    assert asyncio.run(address(None)) == LIMITS["stream_url"]
    open_service = PlayedService({"POST /api/stream-tickets": httpx.Response(404)})
    played = open_service
    assert asyncio.run(address(KEY)) == LIMITS["stream_url"]


def test_a_render_that_draws_nothing_has_no_picture() -> None:
    job = Job.of(a_job(options={"render": ["none", "blur"]}))
    assert job.options.pictures == ("blur",)
