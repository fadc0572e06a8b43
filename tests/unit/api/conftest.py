"""Fixtures for the API, which runs in the tests' process, with stores in moto."""

from collections.abc import Iterator

import pytest
from face_api import dependencies

from tests.support.account import Cloud
from tests.support.api import Api, shared_app

_CACHED = (
    dependencies.settings,
    dependencies.jobs,
    dependencies.lists,
    dependencies.images,
    dependencies.detect_queue,
    dependencies.detector,
    dependencies.tickets,
    dependencies.usage,
    dependencies.waiting,
)


def _clear_caches() -> None:
    """Clear the cached objects, so that each test creates its own."""
    for cached in _CACHED:
        cached.cache_clear()


@pytest.fixture
def api(account: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name, value in {
        "ACCESS": "open",
        "ACCESS_TABLE": account.access_table,
        "JOBS_TABLE": account.jobs_table,
        "ORIGINALS_BUCKET": account.originals_bucket,
        "RESULTS_BUCKET": account.results_bucket,
        "DETECT_QUEUE_URL": "https://queue.example/none",
        "DETECTOR_FUNCTION": "detector",
        "DETECTION_MODELS": "centerface,yunet",
        "PUBLIC_URL": "https://api.example",
        "ALLOWED_ORIGINS": "https://api.example",
        "STREAM_URL": "wss://stream.example",
        "JOB_KEPT_DAYS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    _clear_caches()
    yield Api(shared_app())
    shared_app().dependency_overrides.clear()
    _clear_caches()
