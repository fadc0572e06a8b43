"""The notifier, with queues in moto and a bus whose responses are scripted."""

from collections.abc import Iterator

import pytest
from face_notifier import main, notify
from facelib.stores import clients
from facelib.stores.queues import event_bus

from tests.support.account import empty_account
from tests.support.bus import Bus, Queues
from tests.support.stream import Queue


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made = Bus()
    monkeypatch.setattr(event_bus, "event_bridge", lambda: made)
    monkeypatch.setattr(notify, "_FIRST_WAIT_SECONDS", 0.0)
    return made


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch, bus: Bus) -> Iterator[Queues]:
    with empty_account():
        for made in (main.settings, main.notifier):
            made.cache_clear()
        urls = [clients.sqs().create_queue(QueueName=name)["QueueUrl"] for name in ("retries", "failures")]
        for name, value in {
            "EVENT_BUS": "facecast",
            "NOTIFY_QUEUE_URL": urls[0],
            "FAILURE_QUEUE_URL": urls[1],
            "PUBLIC_URL": "https://faces.example",
            "RESULTS_BUCKET": "results",
        }.items():
            monkeypatch.setenv(name, value)
        yield Queues(*map(Queue, urls))
