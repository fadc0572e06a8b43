"""If AWS refuses a call by `POST /image`, or the function stops between two calls, no job and no count remain."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from face_api import dependencies
from facelib.domain.access import Identity, Principal, Scope
from facelib.domain.job import Job, Status
from facelib.stores import clients
from facelib.stores.access import usage
from facelib.stores.jobs import lists, table

from tests.support.account import Cloud
from tests.support.actors import Killed
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.pictures import astronaut, encoded

PHOTO = encoded(astronaut()[:64, :64])
KEYED = {"Idempotency-Key": "k"}
ALICE = Identity(principal=Principal(owner="alice", scopes=frozenset(Scope), key_id="0" * 12, images_per_day=5))


def before(monkeypatch: pytest.MonkeyPatch, operation: str, act: Callable[[], object]) -> None:
    """Run `act` before each call of this operation. If `act` raises an exception, the call is not made."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def made(client: BaseClient, name: str, parameters: dict[str, Any]) -> Any:
        if name == operation:
            act()
        return make(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", made)


def refuse() -> None:
    raise ClientError({"Error": {"Code": "InternalError", "Message": "We encountered an internal error."}}, "PutObject")


def die() -> None:
    raise Killed


def items(account: Cloud) -> list[dict[str, Any]]:
    return [dict(item) for item in clients.dynamodb().scan(TableName=account.jobs_table)["Items"]]


@pytest.fixture
def alice(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("ACCESS", "keys")
    dependencies.settings.cache_clear()
    api.identity = ALICE
    yield api
    dependencies.settings.cache_clear()


@pytest.mark.parametrize("headers", [{}, KEYED], ids=["without an idempotency key", "with an idempotency key"])
def test_an_image_that_the_bucket_refuses_leaves_nothing_and_can_be_sent_again(
    alice: Api, account: Cloud, headers: dict[str, str]
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        before(monkeypatch, "PutObject", refuse)
        assert alice.post("/image", content=PHOTO, headers=headers).status_code == 500
    assert alice.get("/jobs").json()["jobs"] == []
    assert items(account) == []
    assert alice.get("/usage").json()["images"] == 0
    assert alice.post("/image", content=PHOTO, headers=headers).status_code == 202
    assert alice.get("/usage").json()["images"] == 1


def test_a_failed_image_is_subtracted_from_the_day_on_which_it_was_counted(
    alice: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC)

    def midnight() -> None:
        monkeypatch.setattr(usage, "utc_now", lambda: today + timedelta(days=1))
        refuse()

    with pytest.MonkeyPatch.context() as failing:
        before(failing, "PutObject", midnight)
        assert alice.post("/image", content=PHOTO).status_code == 500
    assert alice.get("/usage").json()["images"] == 0
    accepted = [alice.post("/image", content=PHOTO).status_code for _ in range(6)]
    assert accepted == [202] * 5 + [429], "the new day's limit of five images is unchanged"
    monkeypatch.setattr(usage, "utc_now", lambda: today)
    assert alice.get("/usage").json()["images"] == 0


def test_a_counter_that_was_erased_in_the_meantime_stays_erased(alice: Api, account: Cloud) -> None:
    def erase() -> None:
        usage.UsageStore(account.access_table).forget("alice")
        refuse()

    with pytest.MonkeyPatch.context() as monkeypatch:
        before(monkeypatch, "PutObject", erase)
        assert alice.post("/image", content=PHOTO).status_code == 500
    assert clients.dynamodb().scan(TableName=account.access_table)["Items"] == []


def crash(alice: Api) -> str:
    """Make the API crash after storing the job and before storing the image. Return the job's id."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        before(monkeypatch, "PutObject", die)
        with pytest.raises(Killed):
            alice.post("/image", content=PHOTO, headers=KEYED)
    [job] = alice.get("/jobs").json()["jobs"]
    return str(job["job_id"])


def let_pass(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    for module in (table, lists):
        monkeypatch.setattr(module, "utc_now", lambda: datetime.now(UTC) + time)


def test_a_job_whose_image_was_not_stored_before_a_crash_is_hidden_after_minutes(
    alice: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB deletes the job later, but it is already hidden from everyone, including a sender with the same key."""
    job_id = crash(alice)
    let_pass(monkeypatch, timedelta(minutes=5, seconds=1))
    assert alice.get(f"/jobs/{job_id}").status_code == 404
    assert alice.get("/jobs").json()["jobs"] == []
    again = alice.post("/image", content=PHOTO, headers=KEYED)
    assert again.status_code == 202
    assert again.json()["job_id"] != job_id


def test_a_request_that_is_repeated_after_a_crash_continues_with_the_same_job(alice: Api) -> None:
    job_id = crash(alice)
    again = alice.post("/image", content=PHOTO, headers=KEYED)
    assert (again.status_code, again.json()["job_id"]) == (202, job_id)
    kept = alice.get(f"/jobs/{job_id}").json()
    assert datetime.fromisoformat(kept["expires_at"]) - datetime.fromisoformat(kept["created_at"]) == timedelta(days=1)
    assert alice.get("/usage").json()["images"] == 1


def test_an_accepted_job_is_shown_however_long_it_waits_for_a_detector(
    alice: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = alice.post("/image", content=PHOTO).json()["job_id"]
    let_pass(monkeypatch, timedelta(hours=23))
    assert alice.get(f"/jobs/{job_id}").json()["status"] == "pending"
    assert [job["job_id"] for job in alice.get("/jobs").json()["jobs"]] == [job_id]


def test_a_claimed_job_is_kept_for_the_full_time(alice: Api, account: Cloud) -> None:
    jobs, job_id = JobStore(account.jobs_table), alice.post("/image", content=PHOTO).json()["job_id"]
    claim = jobs.claim(job_id, 30)
    assert claim.job.expires_at - claim.job.created_at == timedelta(days=1)


def test_an_image_that_another_request_has_stored_is_kept(alice: Api, account: Cloud) -> None:
    """The request that created the job fails after another request with the same key has succeeded."""
    other: list[int] = []

    def overtake() -> None:
        if not other:
            other.append(0)
            other[0] = alice.post("/image", content=PHOTO, headers=KEYED).status_code
            refuse()

    with pytest.MonkeyPatch.context() as monkeypatch:
        before(monkeypatch, "PutObject", overtake)
        response = alice.post("/image", content=PHOTO, headers=KEYED)
    assert (other, response.status_code) == ([202], 202)
    job = JobStore(account.jobs_table).peek(response.json()["job_id"])
    assert isinstance(job, Job)
    assert (job.status, job.kept_until) == (Status.PENDING, None)
    assert alice.get("/usage").json()["images"] == 1


def test_a_request_whose_job_another_request_withdrew_must_be_repeated(alice: Api, account: Cloud) -> None:
    """The request that created the job withdraws the job while another request stores the image."""
    jobs = JobStore(account.jobs_table)
    with pytest.MonkeyPatch.context() as monkeypatch:
        before(monkeypatch, "PutObject", die)
        with pytest.raises(Killed):
            alice.post("/image", content=PHOTO, headers=KEYED)
    [job] = [jobs.peek(item["job_id"]["S"]) for item in items(account) if "status" in item]
    assert isinstance(job, Job)

    with pytest.MonkeyPatch.context() as monkeypatch:
        before(monkeypatch, "PutObject", lambda: jobs.withdraw(job))
        response = alice.post("/image", content=PHOTO, headers=KEYED)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert alice.post("/image", content=PHOTO, headers=KEYED).status_code == 202
