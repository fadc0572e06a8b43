"""A proxy in front of the local stack that refuses some of the functions' calls, as AWS does under load."""

import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.stack import Stack
from tests.support.workers import FUNCTIONS, reconfigured, with_host

_SERVICES: Final = {"AmazonSQS": "sqs", "AWSEvents": "events", "DynamoDB_20120810": "dynamodb"}
# Headers that belong to the connection, not to the request or response; `Expect` is answered before the body is read.
_HOP_BY_HOP: Final = frozenset({"connection", "expect", "keep-alive", "transfer-encoding"})


@dataclass(frozen=True)
class Refusal:
    """The response of a service to a call that it refuses."""

    status: int
    body: bytes
    content_type: str = "application/x-amz-json-1.0"


def _json(kind: str) -> bytes:
    return json.dumps({"__type": kind, "message": "Rate exceeded"}).encode()


# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_SLOW_DOWN: Final = Refusal(
    503, b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>", "application/xml"
)
_REFUSALS: Final[Mapping[str, Refusal]] = {
    "s3:PUT": _SLOW_DOWN,
    "s3:POST": _SLOW_DOWN,
    "s3:DELETE": _SLOW_DOWN,
    "sqs:SendMessage": Refusal(400, _json("com.amazonaws.sqs#RequestThrottled")),
    "sqs:SendMessageBatch": Refusal(400, _json("com.amazonaws.sqs#RequestThrottled")),
    "events:PutEvents": Refusal(400, _json("ThrottlingException")),
    "connections:POST": Refusal(429, b'{"message": "Rate exceeded"}', "application/json"),
}


@dataclass
class Refusals:
    """Which calls are refused, how many have been refused so far, and whether refusals have ended."""

    stack: Stack
    shares: Mapping[str, float]
    chance: random.Random
    refused: Counter[str] = field(default_factory=Counter)
    is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, call: str, body: bytes) -> Refusal | None:
        """Return the response that replaces the call's result, or None if the call is not refused."""
        with self._lock:
            if self.is_over or self.chance.random() >= self.shares.get(call, 0):
                return None
            self.refused[call] += 1
            is_partial = call in _PARTIAL and self.chance.random() < 0.25
            seed = self.chance.random()
        return _PARTIAL[call](self.stack, json.loads(body), random.Random(seed)) if is_partial else _REFUSALS[call]


def _refuse_messages(stack: Stack, request: dict[str, Any], chance: random.Random) -> Refusal:
    """Send some of the messages of a batch, and refuse the others."""
    refused = [entry for entry in request["Entries"] if chance.random() < 0.5]
    sent = [entry for entry in request["Entries"] if entry not in refused]
    response: Mapping[str, Any] = {}
    if sent:
        response = stack.aws.client("sqs").send_message_batch(QueueUrl=request["QueueUrl"], Entries=sent)
    failed = [
        {"Id": entry["Id"], "SenderFault": False, "Code": "InternalError", "Message": "Try again"} for entry in refused
    ]
    return Refusal(200, json.dumps({"Successful": response.get("Successful", []), "Failed": failed}).encode())


def _refuse_events(stack: Stack, request: dict[str, Any], chance: random.Random) -> Refusal:
    """Put some of the events of a batch on the bus, and refuse the others."""
    results = []
    for entry in request["Entries"]:
        if chance.random() < 0.5:
            results.append({"ErrorCode": "InternalFailure", "ErrorMessage": "Try again"})
        else:
            results += stack.aws.client("events").put_events(Entries=[entry])["Entries"]
    failed = sum("ErrorCode" in result for result in results)
    return Refusal(200, json.dumps({"FailedEntryCount": failed, "Entries": results}).encode())


_PARTIAL: Final = {"sqs:SendMessageBatch": _refuse_messages, "events:PutEvents": _refuse_events}


def _call_of(method: str, path: str, target: str) -> str:
    """Return a call's service and operation; the HTTP method replaces an operation that the request does not name."""
    service, _, operation = target.partition(".")
    if target:
        return f"{_SERVICES.get(service, service)}:{operation}"
    return f"connections:{method}" if "/@connections/" in path else f"s3:{method}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, refusals: Refusals) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals = refusals

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not report callers that have disconnected, such as killed workers."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.stack = HTTPConnection(urlsplit(self.server.refusals.stack.endpoint_url).netloc, timeout=60)

    def finish(self) -> None:
        self.stack.close()
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        call = _call_of(self.command, self.path, self.headers.get("X-Amz-Target", ""))
        if refusal := self.server.refusals.answer(call, body):
            self._respond(refusal.status, [("Content-Type", refusal.content_type)], refusal.body)
            return
        # The Host header is not changed, because the request's signature covers it.
        self.stack.request(self.command, self.path, body, dict(_end_to_end(self.headers.items())))
        response = self.stack.getresponse()
        self._respond(response.status, _end_to_end(response.getheaders()), response.read())

    def do_GET(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _respond(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """Send this response. For a HEAD request, the length is taken from the headers instead of the body."""
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD" and status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Do not log requests."""


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


@contextmanager
def refusing(stack: Stack, shares: Mapping[str, float], seed: int) -> Iterator[Refusals]:
    """Refuse a share of the functions' calls, given for each kind of call, until `is_over` is set."""
    refusals = Refusals(stack, shares, random.Random(seed))
    server = _Server(refusals)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    host = f"127.0.0.1:{server.server_address[1]}"
    callback = stack.ws_url.replace("ws://", "http://")
    variables = {"AWS_ENDPOINT_URL": f"http://{host}", "CALLBACK_URL": with_host(callback, host)}
    try:
        with reconfigured(stack, FUNCTIONS, variables):
            yield refusals
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
