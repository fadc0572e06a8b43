"""How the sync and async clients handle refusals and failures."""

import httpx
import pytest
from facecast import (
    Conflict,
    Forbidden,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)

from tests.support.clients import Caller
from tests.support.service import JOB_ID, KEY, PlayedService, a_job

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.mark.parametrize(
    ("response", "kind", "message"),
    [
        (httpx.Response(404, json={"detail": "There is no such job."}), NotFound, "^There is no such job.$"),
        (httpx.Response(409, json={"detail": "It is pending."}), Conflict, "^It is pending.$"),
        (httpx.Response(500, text="<html>"), ServiceError, "responded with 500 Internal Server Error"),
        (httpx.Response(403, json=["?"]), Forbidden, "responded with 403 Forbidden"),
        (httpx.Response(401, json={"message": "Unauthorized"}), Unauthorized, "set FACECAST_KEY"),
        (httpx.Response(200, text="<html>"), Unreachable, "does not look like a Facecast service"),
        (httpx.Response(200, json={"status": "ok"}), Unreachable, "does not look like a Facecast service"),
        (httpx.Response(200, json=[1]), Unreachable, "does not look like a Facecast service"),
        (httpx.Response(429, headers={"Retry-After": "11520"}), TooManyRequests, r"Try again in 3 h 12 min\.$"),
    ],
)
def test_error_responses_raise_the_matching_exceptions(
    call: Caller, response: httpx.Response, kind: type[ServiceError], message: str
) -> None:
    played = PlayedService({f"GET /api/jobs/{JOB_ID}": response})
    with pytest.raises(kind, match=message):
        call(played, "job", JOB_ID)
    assert len(played.requests) == 1


def test_a_rejected_key_is_distinguished_from_a_missing_scope(call: Caller) -> None:
    responses = {"GET /api/jobs": httpx.Response(401), f"DELETE /api/jobs/{JOB_ID}": httpx.Response(403)}
    by_api_gateway = {"GET /api/jobs": httpx.Response(403, json={"message": "Forbidden"})}
    for played in (responses, by_api_gateway):
        with pytest.raises(Unauthorized, match="rejected this key") as refused:
            call(PlayedService(played), "jobs", key=KEY)
        assert KEY not in str(refused.value)
    with pytest.raises(Forbidden, match="lacks the required scope"):
        call(PlayedService(responses), "delete", JOB_ID, key=KEY)


def test_temporary_failures_are_retried(call: Caller, pauses: list[float]) -> None:
    played = PlayedService(
        {
            f"GET /api/jobs/{JOB_ID}": [
                httpx.Response(503),
                httpx.Response(429, headers={"Retry-After": "3"}),
                httpx.ReadError("Connection reset"),
                httpx.Response(200, json=a_job()),
            ]
        }
    )
    assert call(played, "job", JOB_ID).status == "completed"
    first, second, third = pauses
    assert 0 <= first <= 1
    assert second >= 3
    assert 0 <= third <= 4


def test_a_retry_request_is_not_repeated(call: Caller) -> None:
    """The service may have received the first request, and the job may have failed again in the meantime."""
    played = PlayedService({f"POST /api/jobs/{JOB_ID}/retry": httpx.Response(503)})
    with pytest.raises(ServiceError, match="503"):
        call(played, "retry", JOB_ID)
    assert len(played.requests) == 1


def test_the_number_of_attempts_is_limited(call: Caller, pauses: list[float]) -> None:
    played = PlayedService({f"GET /api/jobs/{JOB_ID}": httpx.Response(502)})
    with pytest.raises(ServiceError, match="502"):
        call(played, "job", JOB_ID)
    assert len(played.requests) == len(pauses) + 1 == 5


def test_an_unreachable_service_is_reported_immediately(call: Caller) -> None:
    played = PlayedService({f"DELETE /api/jobs/{JOB_ID}": httpx.ConnectError("Connection refused")})
    with pytest.raises(Unreachable, match=r"^https://example\.test/api could not be reached: Connection refused$"):
        call(played, "delete", JOB_ID)
    assert len(played.requests) == 1


def test_an_invalid_id_cannot_change_the_path(call: Caller) -> None:
    played = PlayedService({"DELETE /api/jobs/../uploads": httpx.Response(404, json={"detail": "no such job"})})
    with pytest.raises(NotFound):
        call(played, "delete", "../uploads")
    assert played.requests[0].url.raw_path == b"/api/jobs/..%2Fuploads"
