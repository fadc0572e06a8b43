"""Runs parts of the service interleaved: each stops before every call to AWS until the test lets it continue."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

# While one actor is paused, the others may run from start to end.
_TIMEOUT_SECONDS = 3600.0


class Killed(BaseException):
    """The process was killed. This is not an Exception, so that error handlers do not catch it."""


@dataclass
class Actor:
    """Runs `work` in a separate thread, which a test controls with `step`, `finish`, `throttle` and `kill`."""

    name: str
    work: Callable[[], object]
    result: Any = None
    error: BaseException | None = None
    # What the work reports to the test.
    notes: dict[str, Any] = field(default_factory=dict)
    was_killed: bool = False
    was_throttled: bool = False
    is_done: bool = False
    _is_refused: bool = False
    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _halted: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        """Make the pending call to AWS, and continue to the next one or to the end."""
        self._go.release()
        self._wait()

    def finish(self) -> None:
        while not self.is_done:
            self.step()

    def kill(self) -> None:
        """Kill the actor before its pending call."""
        self.was_killed = True
        self.step()

    def throttle(self) -> None:
        """Make AWS refuse the pending call, and continue."""
        self.was_throttled = self._is_refused = True
        self.step()

    def pause(self) -> None:
        """Wait until the test continues this actor. Raises Killed after `kill`, and ClientError after `throttle`."""
        if not self.was_killed:
            self._halted.release()
            assert self._go.acquire(timeout=_TIMEOUT_SECONDS), f"the test never continued {self.name}"
        if self.was_killed:
            raise Killed
        if self._is_refused:
            self._is_refused = False
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Too much at once"}}, "Any")

    def _run(self) -> None:
        _acting.set(self)
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 - the watching test decides what it means
            self.error = error
        finally:
            self.is_done = True
            self._halted.release()

    def _wait(self) -> None:
        assert self._halted.acquire(timeout=_TIMEOUT_SECONDS), f"{self.name} neither ends nor calls AWS"


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)

# (The operation, its parameters, the call itself) → the response.
Call = Callable[[Actor | None, str, dict[str, Any], Callable[[], Any]], Any]


@contextmanager
def interleaved(on_call: Call) -> Iterator[None]:
    """Make actors stop before each call to AWS. `on_call` may make, record, replace or refuse the call."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def gated(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        actor = _acting.get()
        if actor is not None:
            actor.pause()
        return on_call(actor, operation, parameters, lambda: make(client, operation, parameters))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", gated)
        yield
