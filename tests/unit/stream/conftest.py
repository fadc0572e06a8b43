"""The stream's functions, with stores in moto and a scripted @connections endpoint."""

from collections.abc import Iterator

import pytest
from face_broadcaster import fanout
from face_broadcaster import main as broadcaster
from face_websocket import main as websocket
from facelib.stores.listeners.connections import Connection, ConnectionStore

from tests.support.account import empty_account
from tests.support.context import Context
from tests.support.endpoint import Endpoint
from tests.support.job_store import JobStore
from tests.support.stream import CONNECTIONS, JOBS, KEYS, OWNER, Queue, create_queue, create_tables


def _forget() -> None:
    """Clear the settings of the last test and the objects that depend on them; all are cached per process."""
    for made in (
        broadcaster.settings,
        broadcaster.broadcast,
        websocket.listeners,
        websocket.settings,
    ):
        made.cache_clear()


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "_WAITS", (0.0, 0.0))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as made:
        yield made


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> Iterator[Queue]:
    """Create the tables and the delivery queue, and set the environment variables that contain their names."""
    for name, value in {
        "JOBS_TABLE": JOBS,
        "CONNECTIONS_TABLE": CONNECTIONS,
        "CALLBACK_URL": endpoint.url,
        "PUBLIC_URL": "https://faces.example",
        "ACCESS": "open",
        "KEYS_TABLE": KEYS,
        "ALLOWED_ORIGINS": "https://faces.example,https://other.example",
    }.items():
        monkeypatch.setenv(name, value)
    with empty_account():
        _forget()
        create_tables()
        queue = create_queue()
        monkeypatch.setenv("DELIVERY_QUEUE_URL", queue.url)
        yield queue
    _forget()


@pytest.fixture
def jobs(cloud: Queue) -> JobStore:
    return JobStore(JOBS)


@pytest.fixture
def connections(cloud: Queue) -> ConnectionStore:
    return ConnectionStore(CONNECTIONS)


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def one(connections: ConnectionStore, endpoint: Endpoint) -> Endpoint:
    """Connect the listener `one`."""
    connections.add(Connection("one", OWNER))
    return endpoint
