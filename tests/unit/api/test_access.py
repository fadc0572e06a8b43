"""What each key allows in the API, tested in-process with identities as the authorizer returns them."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from face_api import dependencies
from facelib.domain.access import PUBLIC, Identity, Principal, Refusal, Scope
from facelib.messages.detector_requests import CorrectRequest, FaceReply, FaceRequest, RenderOutcome, RenderReply
from facelib.stores.access.tickets import TicketStore
from facelib.stores.jobs.creation import NewJobs

from tests.support.account import Cloud
from tests.support.api import Api, described
from tests.support.job_store import JobStore
from tests.support.jobs import new_job, outcome
from tests.support.lost_responses import cancel_transactions
from tests.support.pictures import astronaut, encoded

PHOTO = encoded(astronaut()[:64, :64])
PUBLIC_PATHS = {"/health", "/limits"}

CALLS: list[tuple[Scope, str, str, dict[str, Any]]] = [
    (Scope.SEND, "POST", "/image", {"content": PHOTO}),
    (Scope.SEND, "POST", "/uploads", {"json": {}}),
    (Scope.READ, "GET", "/jobs", {}),
    (Scope.READ, "GET", "/jobs/{job}", {}),
    (Scope.READ, "GET", "/jobs/{job}/processed-image", {}),
    (Scope.READ, "POST", "/jobs/{job}/renders", {"json": {"render": "boxes"}}),
    (Scope.READ, "GET", "/jobs/{job}/faces/0/image", {}),
    (Scope.READ, "GET", "/jobs/{job}/corrections", {}),
    (Scope.MANAGE, "PUT", "/jobs/{job}/corrections", {"json": {"show": [0]}}),
    (Scope.READ, "POST", "/stream-tickets", {}),
    (Scope.MANAGE, "POST", "/jobs/{job}/retry", {}),
    (Scope.MANAGE, "DELETE", "/jobs/{job}", {}),
]


def holder(*scopes: Scope, owner: str = "alice", daily: int | None = None) -> Identity:
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    return Identity(
        principal=Principal(
            owner=owner, scopes=frozenset(scopes), key_id="0" * 12, expires_at=expires_at, images_per_day=daily
        )
    )


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch, api: Api) -> Iterator[None]:
    from face_api.dependencies import settings  # noqa: PLC0415 - after the environment of `api`

    monkeypatch.setenv("ACCESS", "keys")
    settings.cache_clear()
    yield
    settings.cache_clear()


class Detector:
    """A detector that draws nothing."""

    def correct(self, _: CorrectRequest) -> RenderReply:
        return RenderReply(outcome=RenderOutcome.STORED)

    def face(self, _: FaceRequest) -> FaceReply:
        return FaceReply(image=b"a face")


@pytest.fixture(autouse=True)
def _detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "detector", Detector)


@pytest.fixture
def job_id(account: Cloud) -> str:
    jobs = JobStore(account.jobs_table)
    job = jobs.add(new_job(owner="alice"))
    jobs.complete(jobs.claim(job.job_id, 30), outcome())
    return job.job_id


def _calls() -> dict[tuple[str, str], dict[str, Any]]:
    paths = described()["paths"]
    return {(method.upper(), path): call for path, calls in paths.items() for method, call in calls.items()}


def _template(path: str) -> str:
    return path.replace("{job}", "{job_id}").replace("/faces/0", "/faces/{number}")


def test_every_route_except_the_public_ones_requires_a_key() -> None:
    asking = {call for call, description in _calls().items() if description.get("security")}
    assert {path for _, path in set(_calls()) - asking} == PUBLIC_PATHS
    # The tests below request each of these routes with every refused key and with every scope.
    tried = {(method, _template(path)) for _, method, path, _ in CALLS}
    assert asking == tried | {("GET", "/usage"), ("POST", "/rekognition")}


@pytest.mark.parametrize(("scope", "method", "path", "sent"), CALLS)
def test_a_route_requires_its_scope(  # noqa: PLR0917 - a row of the table
    api: Api, job_id: str, scope: Scope, method: str, path: str, sent: dict[str, Any]
) -> None:
    path = path.replace("{job}", job_id)
    api.identity = holder(*(set(Scope) - {scope}))
    lacking = api.request(method, path, **sent)
    assert (lacking.status_code, scope in lacking.json()["detail"]) == (403, True)
    assert f'scope="{scope}"' in lacking.headers["www-authenticate"]
    api.identity = holder(scope)
    assert api.request(method, path, **sent).status_code in (200, 201, 202, 204, 302, 409)


@pytest.mark.parametrize(("scope", "method", "path", "sent"), CALLS)
def test_other_owners_data_is_not_found(  # noqa: PLR0917 - a row of the table
    api: Api, job_id: str, scope: Scope, method: str, path: str, sent: dict[str, Any]
) -> None:
    api.identity = holder(scope, owner="bob")
    response = api.request(method, path.replace("{job}", job_id), **sent)
    if "{job}" in path:
        assert response.status_code == 404
    elif path == "/jobs":
        assert response.json()["jobs"] == []


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refused_key_gets_a_401_with_the_reason(api: Api, refusal: Refusal) -> None:
    api.identity = Identity(refusal=refusal)
    for _, method, path, sent in CALLS:
        response = api.request(method, path, **sent)
        assert (response.status_code, response.headers["content-type"]) == (401, "application/problem+json")
        assert response.json()["detail"] == refusal
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_without_the_authorizer_every_request_is_refused(api: Api) -> None:
    assert api.get("/jobs").status_code == 401
    assert api.get("/limits").json()["access"] == "keys"


def test_a_key_that_expires_while_it_is_cached_is_refused(api: Api) -> None:
    principal = holder(Scope.READ).principal
    assert principal
    api.identity = Identity(principal=principal.model_copy(update={"expires_at": datetime.now(UTC)}))
    assert api.get("/jobs").json()["detail"] == Refusal.EXPIRED


def test_the_images_of_a_day_are_counted_and_limited(api: Api) -> None:
    api.identity = holder(Scope.SEND, daily=2)
    headers = {"Idempotency-Key": "k"}
    assert [api.post("/image", content=PHOTO, headers=headers).status_code for _ in range(3)] == [202] * 3
    assert api.get("/usage").json()["images"] == 1, "repeated requests for the same job are counted once"
    assert api.post("/uploads", json={}).status_code == 201
    refused = api.post("/image", content=PHOTO)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert api.post("/image", content=PHOTO, headers=headers).status_code == 202, (
        "a repeated request is accepted although the limit is reached"
    )
    usage = api.get("/usage").json()
    assert (usage["owner"], usage["images"], usage["images_per_day"]) == ("alice", 2, 2)
    api.identity = holder(Scope.SEND, owner="bob", daily=2)
    assert api.get("/usage").json()["images"] == 0


def test_an_image_without_a_job_is_not_counted(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.identity = holder(Scope.SEND, daily=1)

    def broken(*_: object) -> None:
        raise RuntimeError("the table is throttled")

    with monkeypatch.context() as patched:
        patched.setattr(NewJobs, "add", broken)
        assert api.post("/image", content=PHOTO).status_code == 500
    assert api.get("/usage").json()["images"] == 0
    assert api.post("/image", content=b"no image").status_code == 415
    assert api.post("/image", content=PHOTO).status_code == 202


def test_a_key_that_may_only_send_does_not_wait_for_faces(api: Api) -> None:
    api.identity = holder(Scope.SEND)
    response = api.post("/image", content=PHOTO, headers={"Prefer": "wait=20"})
    assert (response.status_code, "preference-applied" in response.headers) == (202, False)


def test_a_ticket_is_redeemed_once(api: Api, account: Cloud) -> None:
    api.identity = holder(Scope.READ)
    ticket = api.post("/stream-tickets").json()
    assert re.fullmatch(r"[\w-]{43}", ticket["ticket"])
    assert ticket["stream_url"] == "wss://stream.example"
    tickets = TicketStore(account.access_table)
    assert tickets.redeem(ticket["ticket"]) == api.identity.principal
    assert tickets.redeem(ticket["ticket"]) is None


def test_the_address_of_a_result_is_available_as_json(api: Api, job_id: str) -> None:
    api.identity = holder(Scope.READ)
    response = api.get(f"/jobs/{job_id}/processed-image", headers={"Accept": "application/json"})
    assert (response.status_code, response.headers["vary"]) == (200, "Accept")
    assert f"results/{job_id}/boxes.jpg" in response.json()["url"]
    assert datetime.fromisoformat(response.json()["expires_at"]) > datetime.now(UTC)


@pytest.mark.parametrize(
    ("identity", "exception"),
    [
        (None, "AccessDeniedException"),
        (Identity(refusal=Refusal.REVOKED), "AccessDeniedException"),
        (holder(Scope.READ), "AccessDeniedException"),
    ],
)
def test_rekognition_errors_have_the_format_of_aws(api: Api, identity: Identity | None, exception: str) -> None:
    api.identity = identity
    response = api.post(
        "/rekognition",
        json={"Image": {"Bytes": base64.b64encode(PHOTO).decode()}},
        headers={"X-Amz-Target": "RekognitionService.DetectFaces"},
    )
    assert (response.status_code, response.json()["__type"]) == (400, exception)


def test_with_open_access_all_jobs_belong_to_public(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from face_api.dependencies import settings  # noqa: PLC0415

    monkeypatch.setenv("ACCESS", "open")
    settings.cache_clear()
    usage = api.get("/usage").json()
    assert (usage["owner"], usage["images"]) == (PUBLIC.owner, None)
    assert api.post("/image", content=PHOTO).status_code == 202


def test_requests_that_cancel_each_other_can_be_repeated(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.identity = holder(Scope.SEND, daily=1)
    with monkeypatch.context() as patched:
        cancel_transactions(patched)
        refused = api.post("/image", content=PHOTO, headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert api.get("/usage").json()["images"] == 0
    assert api.post("/image", content=PHOTO, headers={"Idempotency-Key": "k"}).status_code == 202
