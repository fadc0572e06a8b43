"""A fake @connections endpoint of API Gateway, which records posts and responds with a status that a test chooses."""

from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import unquote

Script = Callable[[str, int], int]
"""Returns the status for a connection id and the number of its previous posts."""


class Endpoint:
    def __init__(self) -> None:
        self.script: Script = lambda _connection_id, _before: 200
        self.frames: dict[str, list[bytes]] = defaultdict(list)
        self.tries: dict[str, int] = defaultdict(int)
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/ws"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> int:
        connection_id = unquote(path.rpartition("/")[2])
        with self._lock:
            self.paths.append(path)
            self.headers.append(headers)
            status = self.script(connection_id, self.tries[connection_id])
            self.tries[connection_id] += 1
            if status == 200:
                self.frames[connection_id].append(body)
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_DELETE(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                status = endpoint._answer(self.path, dict(self.headers.items()), body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Do not log requests."""

        return Handler
