"""The DynamoDB cost of a job matches the table in docs/scaling.md: one additional unit would fail the test."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from facelib.domain.job import Failure, FailureReason
from facelib.stores.jobs.idempotency import IdempotentRequest

from tests.support.account import Cloud
from tests.support.capacity import counted
from tests.support.job_store import JobStore
from tests.support.jobs import form_job, new_job, outcome

STAGES = ("header", "decode", "upright", "detect", "render", "encode")
# As written by the detector for a photo of two people.
DETECTION = outcome(faces=2).detection.model_copy(update={"timings_ms": dict.fromkeys(STAGES, 123.4)})
OUTCOME = replace(outcome(), detection=DETECTION, original_etag="0" * 32)
FAILURE = Failure(reason=FailureReason.CORRUPT_IMAGE, detail="The file ends too early. Send the image again.")


def count_steps(table: str) -> dict[str, Counter[str]]:
    jobs, steps = JobStore(table), {}
    job, failing = form_job(timedelta(minutes=5)), new_job()
    with counted(table) as steps["created"]:
        jobs.add(job)
    with counted(table, transaction=True) as steps["created, with an idempotency key"]:
        jobs.add(failing, IdempotentRequest("key", "fingerprint"))
    with counted(table) as steps["kept, once its image is stored"]:
        jobs.keep(job.job_id)
    with counted(table) as steps["claimed"]:
        claim = jobs.claim(job.job_id, 30)
    with counted(table) as steps["completed, 2 faces"]:
        jobs.complete(claim, OUTCOME)
    claim = jobs.claim(failing.job_id, 30)
    with counted(table) as steps["failed"]:
        jobs.fail(claim, FAILURE)
    with counted(table) as steps["deletion started"]:
        jobs.begin_deletion(job.job_id, job.owner)
    with counted(table) as steps["deletion finished"]:
        jobs.remove(job.job_id)
    return steps


def test_the_cost_of_a_job_matches_the_documentation(account: Cloud, repository: Path) -> None:
    steps = count_steps(account.jobs_table)
    page = (repository / "docs/scaling.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9, ]+) \| (\d) \| (\d) \| (\d) \|$", page, re.MULTILINE)

    assert {name: tuple(map(int, units)) for name, *units in rows} == {
        name: (units["table"], units["by_creation"], units["by_event"]) for name, units in steps.items()
    }
    whole = sum(
        (steps[name] for name in ("created", "kept, once its image is stored", "claimed", "completed, 2 faces")),
        Counter(),
    )
    assert whole.total() == 6
    assert max(whole["by_creation"], whole["by_event"]) == 1, (
        "an index's write limit determines the maximum for one owner"
    )
