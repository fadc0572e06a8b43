"""The intake's handler, with moto behind its stores."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from face_intake import main
from face_intake.intake import Intake
from facelib.stores.objects.inbox import Inbox

from tests.support.account import Cloud
from tests.support.context import Context
from tests.support.inbox import queue_event
from tests.support.job_store import JobStore


@pytest.fixture
def deliver(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that passes events to the handler, and returns the ids of messages that stay in the queue."""
    jobs = JobStore(account.jobs_table)
    made = Intake(jobs.new, jobs.claims, Inbox(account.originals_bucket), timedelta(days=1))
    monkeypatch.setattr(main, "intake", lambda: made)

    def handle(*events: object) -> list[str]:
        response = main.handler(queue_event(*events), Context())
        return [failure["itemIdentifier"] for failure in response["batchItemFailures"] if failure["itemIdentifier"]]

    return handle
