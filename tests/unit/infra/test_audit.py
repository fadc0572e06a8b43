"""The audit runs if its source of vulnerabilities can be reached, and otherwise reports that it was skipped."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra import audit


@contextmanager
def source(status: int, body: bytes) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "reachable"),
    [
        pytest.param(200, b'{"vulnerabilities": []}', True, id="PyPI"),
        pytest.param(404, b"", False, id="a mirror without vulnerabilities"),
        pytest.param(200, b"<html>", False, id="a login page"),
        pytest.param(200, b"{}", False, id="another document"),
    ],
)
def test_only_a_source_that_lists_vulnerabilities_is_usable(status: int, body: bytes, *, reachable: bool) -> None:
    with source(status, body) as url:
        assert (audit.why_unreachable(url) is None) is reachable


def test_skipping_the_audit_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "why_unreachable", lambda: "no route to host")
    assert audit.audit_all() == 0
    assert "SKIPPED: pip-audit" in capsys.readouterr().err


def test_one_vulnerable_lock_fails_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "why_unreachable", lambda: None)
    monkeypatch.setattr(audit, "audit", lambda lock: int("vision" in str(lock)))
    assert audit.audit_all() == 1
