"""Running the same command again retries a failed photo, unless the photo itself caused the failure."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from facecast import AsyncClient
from facecast.cli import main

from tests.support.service import LIMITS, a_job

FAILED = {"status": "failed", "face_count": None, "faces": None}
# Photos are sent one at a time, so that their jobs are numbered in the order that the tests expect.
ONE_BY_ONE = ("--parallel", "1", "--jsonl", "lines.jsonl")


class Jobs:
    """A fake service. A job fails if its image contains `reason:NAME`. If `heals` is set, new attempts succeed."""

    url = "https://faces.example"

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, str] = {}
        self.calls: list[str] = []
        self.heals = False
        self.retry_responds = httpx.Response(202, json={})
        self.transport = httpx.MockTransport(self.respond)

    def respond(self, request: httpx.Request) -> httpx.Response:
        method, path = request.method, request.url.path
        if path == "/limits":
            return httpx.Response(200, json=LIMITS | {"direct_upload_bytes": 1_000, "presigned_upload_bytes": 1_000})
        self.calls.append(f"{method} {re.sub('job-[0-9]+', 'ID', path)}")
        if path == "/image":
            return self._sent(request)
        job_id = path.split("/")[2]
        if path.endswith("/retry"):
            if self.retry_responds.is_success and self.heals:
                self.jobs[job_id] = a_job(job_id=job_id)
            return httpx.Response(self.retry_responds.status_code, content=self.retry_responds.content)
        return httpx.Response(200, json=self.jobs[job_id])

    def _sent(self, request: httpx.Request) -> httpx.Response:
        key = request.headers["idempotency-key"]
        is_new = key not in self.by_key
        if is_new:
            self.by_key[key] = job_id = f"job-{len(self.jobs)}"
            found = re.search(rb"reason:(\w+)", request.read())
            reason = found[1].decode() if found and not self.heals else None
            failure = {"failure": {"reason": reason, "detail": "It failed."}, **FAILED} if reason else {}
            self.jobs[job_id] = a_job(job_id=job_id) | failure
        job = self.jobs[self.by_key[key]]
        return httpx.Response(202, json={"job_id": job["job_id"], "status": "pending" if is_new else job["status"]})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Jobs:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACECAST_URL", Jobs.url)
    monkeypatch.delenv("FACECAST_KEY", raising=False)
    monkeypatch.setattr("facecast.many._FIRST_POLL_SECONDS", 0.001)
    jobs = Jobs()
    monkeypatch.setattr("facecast.cli.detect.AsyncClient", partial(AsyncClient, transport=jobs.transport))
    return jobs


Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def run(service: Jobs, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that detects faces in photos and returns the exit code, the error messages, and the calls."""

    def detect(*arguments: str, **photos: str) -> tuple[int, list[str], list[str]]:
        for name, content in photos.items():
            Path(f"{name}.jpg").write_text(content)
        service.calls.clear()
        code = main(["detect", *sorted(map(str, Path().glob("*.jpg"))), *ONE_BY_ONE, *arguments])
        return code, capsys.readouterr().err.splitlines(), list(service.calls)

    return detect


def lines() -> dict[str, str]:
    read = map(json.loads, Path("lines.jsonl").read_text().splitlines())
    return {line["photo"]: line["status"] for line in read}


def test_a_run_ends_with_instructions_for_photos_that_may_succeed_later(run: Run) -> None:
    code, said, _ = run(a="reason:internal_error", b="reason:original_missing", c="fine")
    assert code == 1
    assert sorted(said[:2]) == [
        "facecast: a.jpg: internal_error: It failed. (job job-0)",
        "facecast: b.jpg: original_missing: It failed. (job job-1)",
    ]
    assert said[2].startswith("facecast: 1 of 3 photos, 1 face, 2 failed, in ")
    assert said[3:] == ["facecast: 2 failed; run the same command again to retry them"]


def test_the_same_command_retries_only_photos_that_may_succeed(run: Run, service: Jobs) -> None:
    run(a="reason:internal_error", b="reason:corrupt_image", c="fine")
    service.heals = True
    code, said, calls = run()
    assert calls == ["POST /image", "GET /jobs/ID", "POST /jobs/ID/retry", "GET /jobs/ID"]
    assert said[:2] == [
        "facecast: resuming an earlier run; photos already finished: 2",
        "facecast: b.jpg: corrupt_image: It failed. (job job-1)",
    ]
    assert said[2].startswith("facecast: 2 of 3 photos, 2 faces, 1 failed, in ")
    assert (code, len(said)) == (1, 3)
    assert lines() == {"a.jpg": "completed", "b.jpg": "failed", "c.jpg": "completed"}
    assert run()[2] == []


def test_the_same_command_also_retries_without_a_jsonl_file(
    run: Run, service: Jobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(a="reason:internal_error")
    service.heals = True
    assert main(["detect", "a.jpg"]) == 0
    assert "1 face" in capsys.readouterr().out


def test_repeated_failures_are_reported_again(run: Run, service: Jobs) -> None:
    run(a="reason:internal_error", b="reason:corrupt_image")
    _, said, calls = run()
    assert "POST /jobs/ID/retry" in calls
    assert said[-1] == "facecast: 1 of the 2 failed photos can be retried: run the same command again to retry it"


@pytest.mark.parametrize("status", [409, 403])
def test_a_job_that_may_not_be_retried_is_replaced_once(status: int, run: Run, service: Jobs) -> None:
    """The service refuses the retry: the job's retries are used up (409), or the key lacks the scope (403)."""
    run(a="reason:internal_error")
    service.retry_responds = httpx.Response(status, json={"detail": "No."})
    run()
    assert len(service.jobs) == 2
    service.heals = True
    service.retry_responds = httpx.Response(202, json={})
    code, _, _ = run()
    # The second job is found through the first one, so no third job is created.
    assert (code, len(service.jobs)) == (0, 2)


def test_a_lost_original_is_sent_again(run: Run, service: Jobs) -> None:
    run(a="reason:original_missing")
    service.heals = True
    code, _, calls = run()
    assert code == 0
    assert calls.count("POST /image") == 2
    assert "POST /jobs/ID/retry" not in calls


def test_a_job_that_another_client_retries_is_waited_for(run: Run, service: Jobs) -> None:
    run(a="reason:internal_error")

    def heal(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/retry"):
            service.jobs["job-0"] = a_job(job_id="job-0")
            return httpx.Response(409, json={"detail": "The job is pending."})
        return service.respond(request)

    service.transport.handler = heal
    code, _, calls = run()
    assert (code, calls.count("POST /image"), len(service.jobs)) == (0, 1, 1)


def test_a_failure_of_the_service_can_be_retried(run: Run, service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = httpx.Response(500, json={"detail": "The service failed."})
    respond = service.respond
    service.transport.handler = lambda request: broken if request.method == "POST" else respond(request)
    code, said, _ = run(a="fine")
    assert code == 1
    assert said == [
        "facecast: a.jpg: The service failed.",
        "facecast: 1 failed; run the same command again to retry it",
    ]


def test_a_photo_that_changed_is_sent_again_and_has_one_line(run: Run) -> None:
    run(a="fine")
    code, _, calls = run(a="changed")
    assert (code, calls) == (0, ["POST /image", "GET /jobs/ID"])
    assert len(Path("lines.jsonl").read_text().splitlines()) == 1
    # Different options create different jobs.
    assert run("--max-faces", "1")[2] == ["POST /image", "GET /jobs/ID"]
    assert run("--again", "--max-faces", "1")[2] == ["POST /image", "GET /jobs/ID"]
