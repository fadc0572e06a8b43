"""Random sequences of events never leave an object without a job, a picture under another job, or a job pending.

Senders, detectors, deletions, retries and the dead-letter queue's consumer run on the real use cases and stores, and
are interleaved, and killed or throttled at any call to AWS. The queue is a model of SQS: it delivers at least once and
in any order, redelivers a message only after its visibility timeout, and moves it to the dead-letter queue after
`RECEIVES` deliveries.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from face_deadletter import main as deadletter
from face_detector import main as detector
from face_detector import process
from face_detector.service import DetectionService
from facelib.domain import object_keys
from facelib.domain.job import Status
from facelib.stores.jobs.items import from_item
from facelib.stores.objects.images import ImageStore
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_life import CONTENTS, LEASE_SECONDS, JobWorld, Message, analyse, drawn, etag
from tests.support.job_store import JobStore
from tests.support.jobs import DETECTOR

IDEMPOTENCY_KEYS = [None, "k1", "k2"]


class JobLife(JobWorld):
    # ── Senders ──────────────────────────────────────────────────────────────────────────────────────────

    @rule(photo=st.sampled_from(CONTENTS), key=st.sampled_from(IDEMPOTENCY_KEYS))
    def add(self, photo: bytes, key: str | None) -> None:
        headers = {"Idempotency-Key": key} if key else {}

        def work() -> object:
            response = self.api.post("/image", content=photo, headers=headers)
            if response.status_code == 202:
                self.jobs[response.json()["job_id"]].is_accepted = True
            return response

        self._start("POST /image", work)

    @rule(key=st.sampled_from(IDEMPOTENCY_KEYS))
    def ask_for_form(self, key: str | None) -> None:
        headers = {"Idempotency-Key": key} if key else {}

        self._start("POST /uploads", lambda: self.api.post("/uploads", json={}, headers=headers))

    @precondition(lambda self: self._forms())
    @rule(data=st.data(), photo=st.sampled_from(CONTENTS))
    def upload(self, data: st.DataObject, photo: bytes) -> None:
        """Post a form whose job has any status. The form may have been posted before."""
        key = object_keys.original(self._pick(data, self._forms()))
        self.s3.put_object(Bucket=self.account.originals_bucket, Key=key, Body=photo)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self._delete(self._pick(data, list(self.jobs)))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        job_id = self._pick(data, list(self.jobs))
        self._start("retry", lambda: self.api.post(f"/jobs/{job_id}/retry"))

    # ── The queue ────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: any(message.is_free for message in self.queue))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self._deliver(self._pick(data, [message for message in self.queue if message.is_free]))

    @precondition(lambda self: any(message.is_free for message in self.dead))
    @rule(data=st.data())
    def take_dead_letter(self, data: st.DataObject) -> None:
        self._take_dead_letter(self._pick(data, [message for message in self.dead if message.is_free]))

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        message = self._pick(data, self.queue)
        self.queue.append(Message(message.body, message.job_id))

    # ── Time and crashes ─────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self._running())
    @rule(data=st.data(), calls=st.integers(1, 4))
    def go_on(self, data: st.DataObject, calls: int) -> None:
        actor = self._pick(data, self._running())
        for _ in range(calls):
            if not actor.is_done:
                actor.step()
        self._settle()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self._pick(data, self._running()).finish()
        self._settle()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def throttle(self, data: st.DataObject) -> None:
        self._pick(data, self._running()).throttle()
        self._settle()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        self._pick(data, self._running()).kill()
        self._settle()

    @precondition(lambda self: self._items())
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        gone = datetime.now(UTC) - timedelta(seconds=1)
        self._set(self._pick(data, list(self._items())), expires_at=gone, kept_until=gone)

    @precondition(lambda self: self._unused())
    @rule(data=st.data())
    def let_form_expire(self, data: st.DataObject) -> None:
        self._set(self._pick(data, self._unused()), expires_at=datetime.now(UTC) - timedelta(seconds=1))

    def _unused(self) -> list[str]:
        """Return the jobs that no detector has claimed yet. Such jobs expire early."""
        return [
            job_id
            for job_id, item in self._items().items()
            if item["status"]["S"] == Status.PENDING and "kept_until" in item and "retries" not in item
        ]

    # ── Invariants ───────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def a_deleted_job_is_gone_and_a_completed_one_keeps_its_outcome_and_its_picture(self) -> None:
        if self._is_checked:
            return
        objects, items = self._objects(), self._items()
        self._is_checked = True
        assert not [job_id for job_id, seen in self.jobs.items() if seen.is_deleted and job_id in items]
        for job_id, item in items.items():
            if item["status"]["S"] != Status.COMPLETED:
                assert not self.jobs[job_id].completed or item["status"]["S"] == Status.DELETING
                continue
            seen, job = self.jobs[job_id], from_item(item)
            outcome = {"event": job.event_id, "etag": item["original_etag"], "faces": job.faces}
            seen.completed = seen.completed or outcome
            assert seen.completed == outcome
            if job.is_expired(datetime.now(UTC)):
                # The API no longer shows the job, and a late message may remove its objects.
                continue
            shown = {objects[object_keys.result(job_id, render)] for render in job.options.render}
            assert shown == {drawn(data) for data in seen.uploads if etag(data) == item["original_etag"]["S"]}

    @invariant()
    def a_job_has_the_images_that_were_sent_for_it(self) -> None:
        for seen in self.jobs.values():
            assert seen.is_form or len(set(seen.uploads)) <= 1

    def teardown(self) -> None:
        try:
            self._drain()
            self._check_the_end()
        finally:
            for actor in self._running():
                actor.kill()
            self._patches.close()
            self._clear()

    def _drain(self) -> None:
        """Wait for all work to finish, and repeat every interrupted deletion."""
        while self._running() or self.queue or self.dead:
            for actor in self._running():
                actor.finish()
            self._settle()
            for message in list(self.queue):
                self._deliver(message)
                self._finish_all()
            for message in list(self.dead):
                self._take_dead_letter(message)
                self._finish_all()
        for job_id, item in self._items().items():
            if item["status"]["S"] == Status.DELETING and not from_item(item).is_expired(datetime.now(UTC)):
                self._delete(job_id).finish()
                assert self.jobs[job_id].is_deleted

    def _check_the_end(self) -> None:
        for actor in (one for one in self.actors if not one.was_killed and not one.was_throttled):
            assert actor.error is None
            assert not isinstance(actor.result, httpx.Response) or actor.result.status_code < 500, actor.result.text
        items, objects, now = self._items(), self._objects(), datetime.now(UTC)
        of_jobs = {job_id: [key for key in objects if job_id in key] for job_id in self.jobs}
        for job_id, keys_of_job in of_jobs.items():
            assert not keys_of_job or job_id in items, "every object belongs to a job"
        assert sum(map(len, of_jobs.values())) == len(objects)
        accepted = {job_id for job_id, seen in self.jobs.items() if seen.is_accepted}
        assert accepted <= {row["job_id"]["S"] for row in self._rows()}, "no accepted job is lost"
        for job_id, item in items.items():
            job, seen = from_item(item), self.jobs[job_id]
            if job.is_expired(now) or job.status is Status.DELETING:
                continue
            assert job_id not in accepted or job.kept_until in (None, job.expires_at), "no accepted job expires early"
            if not job.status.is_final:
                assert job.status is Status.PENDING
                assert not of_jobs[job_id], "a job whose image is stored does not stay pending"
                assert not seen.uploads
                assert job.kept_until is not None, "a job without an image expires early"
            elif "original_etag" in item and etag(seen.uploads[-1]) == item["original_etag"]["S"]:
                assert object_keys.original(job_id) in objects, "the original of a job is kept"


@pytest.fixture
def life(account: Cloud, api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[[], JobLife]:
    jobs, images = JobStore(account.jobs_table), ImageStore(account.originals_bucket, account.results_bucket)
    service = DetectionService.of(
        jobs.table, images, cast("Any", type("Detector", (), {"info": DETECTOR})), LEASE_SECONDS, ""
    )
    monkeypatch.setattr(process, "analyse", analyse)
    monkeypatch.setattr(detector, "service", lambda: service)
    monkeypatch.setattr(deadletter, "claims", lambda: jobs.claims)
    monkeypatch.setattr(deadletter, "images", lambda: images)
    return lambda: JobLife(account, api)


def test_random_sequences_of_events_keep_the_invariants(
    life: Callable[[], JobLife], job_lives: int, pytestconfig: pytest.Config
) -> None:
    """The sequences are the same in each run, unless `--hypothesis-seed` is set."""
    run_state_machine_as_test(
        cast("type[JobLife]", life),
        settings=settings(
            max_examples=job_lives,
            stateful_step_count=30,
            derandomize=pytestconfig.getoption("--hypothesis-seed") is None,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
