"""Any request, of any size, gets a short response, and refusing it costs little more than reading it.

Each example is one request of up to 4.5 MB to any route. For a longer run, with different examples each time:
`pytest tests/unit/api/test_size.py --size-seconds 600 -o timeout=1000`.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from face_api import dependencies
from facelib.domain import limits
from facelib.domain.job import Failure, FailureReason
from facelib.domain.options import Options
from facelib.messages.detector_requests import DetectReply
from hypothesis import strategies as st

from tests.support.api import Api
from tests.support.jobs import new_job
from tests.support.photos import padded
from tests.support.pictures import astronaut, encoded
from tests.support.properties import hold

MOST_BYTES = 64 * 1024
MOST_SENT = 4_500_000
# Processor time, as a multiple of the time for a plain photo in the same process. A flood of errors once took hundreds
# of times as long.
MOST_TIMES = 12
FEW_EXAMPLES = 40
# Not limited: a list is as long as the stored jobs require, and pages and descriptions do not depend on the request.
UNBOUNDED = {"/jobs", "/", "/docs", "/asyncapi.json", "/openapi.json"}

PHOTO = encoded(astronaut()[:64, :64])
JOB_ID = new_job().job_id

# Texts that a parser, a validator or a message may multiply. They are repeated until they have the chosen size.
UNITS = st.sampled_from(
    [",", "1,", "blur,", "[", '{"a":', '"', "\\", "%2C", "\x00", "é", "😀", "9", "&a=b", ";", " ", "x"]
)
SIZES = st.sampled_from([10, 1_000, 9_000, 20_000, 100_000, 1_000_000, 4_400_000])
NAMES = (*Options.model_fields, "cursor", "limit", "status", "file", "options", "content_type")


@st.composite
def long_text(draw: st.DrawFn, most: int = MOST_SENT) -> str:
    unit = draw(UNITS)
    return unit * (min(draw(SIZES), most) // len(unit.encode()))


@st.composite
def json_body(draw: st.DrawFn) -> bytes:
    """Return JSON with one large part, or text that is almost JSON."""
    item = draw(st.sampled_from(["1", '"blur"', '"x"', "[]", "{}", "null", '{"a":1}']))
    count = draw(SIZES) // (len(item) + 9)
    text = draw(long_text(1_000_000))
    # These are functions, so that only the chosen part is built.
    parts: list[Callable[[], str]] = [
        lambda: "[" + ",".join([item] * count) + "]",
        lambda: "{" + ",".join(f'"f{number}":{item}' for number in range(count)) + "}",
        lambda: json.dumps(text),
        lambda: "[" * count,
        lambda: "9" * count,
    ]
    large = draw(st.sampled_from(parts))()
    shape = draw(
        st.sampled_from(
            [
                "{}",
                '{{"render":{}}}',
                '{{"options":{}}}',
                '{{"options":{{"render":{}}}}}',
                '{{"content_type":{}}}',
                '{{"Image":{{"Bytes":"aaaa"}},"Attributes":{}}}',
                '{{"Image":{{"Bytes":{}}}}}',
                '{{"Image":{{"S3Object":{{"Bucket":"b","Name":{}}}}}}}',
                '{{"Image":{}}}',
            ]
        )
    )
    return shape.replace("{}", large).replace("{{", "{").replace("}}", "}").encode(errors="replace")[:MOST_SENT]


@st.composite
def form_body(draw: st.DrawFn) -> bytes:
    """Return a form with many fields, long names or long values, before a photo."""
    name = draw(st.sampled_from(NAMES) | long_text(1_000_000)).replace('"', "'")
    value = draw(long_text())
    count = draw(st.sampled_from([1, 2, 19, 500, 20_000]))
    part = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    parts = part * max(1, min(count, MOST_SENT // len(part)))
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    return parts[:MOST_SENT] + head + PHOTO + b"\r\n--b--\r\n"


@dataclass(frozen=True)
class Sent:
    """A request as API Gateway passes it on, even if httpx would refuse to send it."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def __repr__(self) -> str:
        # The whole value would fill the screen, because Hypothesis prints all fields by default.
        start = (self.method, self.path[:100], self.query[:100], {k: v[:50] for k, v in self.headers.items()})
        return f"{start} {len(self.body):,} bytes: {self.body[:200]!r}"


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


def send(api: Api, sent: Sent) -> Reply:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "https",
        "server": ("api.example", 443),
        "path": sent.path,
        "raw_path": sent.path.encode(),
        "query_string": sent.query,
        "headers": [(b"host", b"api.example"), *sent.headers.items()],
    }
    messages: list[Any] = []
    received = iter([{"type": "http.request", "body": sent.body}])

    async def receive() -> dict[str, Any]:
        if message := next(received, None):
            return message
        # The caller stays connected until the response is complete, as behind API Gateway.
        await asyncio.Event().wait()
        raise AssertionError

    async def take(message: Any) -> None:
        messages.append(message)

    asyncio.run(api.app(scope, receive, take))
    return Reply(messages[0]["status"], b"".join(each.get("body", b"") for each in messages[1:]))


CONTENT_TYPES = (
    b"application/json",
    b"multipart/form-data; boundary=b",
    b"multipart/form-data; boundary=b; charset=punycode",
    b"image/jpeg",
    b"application/x-amz-json-1.1",
    b"",
)
HEADERS = (b"idempotency-key", b"prefer", b"accept", b"origin", b"authorization", b"x-other")
QUERIES = st.builds(
    lambda name, value, times: "&".join([urlencode({name: value})] * times),
    st.sampled_from(NAMES) | long_text(5_000),
    long_text(5_000),
    st.sampled_from([1, 100]),
)


def requests(routes: list[tuple[str, str]]) -> st.SearchStrategy[Sent]:
    @st.composite
    def request(draw: st.DrawFn) -> Sent:
        method, path = draw(st.sampled_from(routes))
        path = path.replace("{job_id}", draw(st.sampled_from([JOB_ID, "x"]) | long_text(1_000_000)))
        query = draw(st.just("") | long_text(100_000).map("render={}".format) | long_text(8_000) | QUERIES)
        headers = {
            b"x-amz-target": b"RekognitionService.DetectFaces",
            b"content-type": draw(st.sampled_from(CONTENT_TYPES)),
            **draw(st.dictionaries(st.sampled_from(HEADERS), long_text(8_000).map(str.encode), max_size=1)),
        }
        body = draw(json_body() | form_body() | long_text().map(str.encode))
        return Sent(method, path, query.encode(), headers, body)

    return request()


def processor_seconds(api: Api, sent: Sent) -> tuple[float, Reply]:
    begun = time.process_time()
    reply = send(api, sent)
    return time.process_time() - begun, reply


class NoFaces:
    """A detector that responds immediately, as a real one does to bytes that are not an image."""

    def detect(self, _: object) -> DetectReply:
        return DetectReply(failure=Failure(reason=FailureReason.CORRUPT_IMAGE, detail="No image."))


def routes_of(api: Api) -> list[tuple[str, str]]:
    paths = api.app.openapi()["paths"]
    described = [(method.upper(), path) for path, operations in paths.items() for method in operations]
    return [
        *described,
        ("GET", "/"),
        ("GET", "/static/x"),
        ("GET", "/nowhere"),
        ("DELETE", "/image"),
        ("HEAD", "/jobs"),
    ]


@pytest.fixture
def hostile(api: Api) -> Api:
    api.app.dependency_overrides[dependencies.detector] = NoFaces
    return api


def test_the_tested_routes_include_all_that_accept_images(hostile: Api) -> None:
    assert {("POST", "/image"), ("POST", "/uploads"), ("POST", "/rekognition")} <= set(routes_of(hostile))


def test_every_response_is_short_and_fast(hostile: Api, size_seconds: float) -> None:
    body = padded(PHOTO, limits.DIRECT_UPLOAD_BYTES)
    photo = Sent("POST", "/image", b"", {b"content-type": b"image/jpeg"}, body)
    plain = min(processor_seconds(hostile, photo)[0] for _ in range(5))

    def check(sent: Sent) -> None:
        seconds, reply = processor_seconds(hostile, sent)
        assert reply.status < 500, reply.body[:2_000]
        if reply.status != 200 or sent.path not in UNBOUNDED:
            assert len(reply.body) <= MOST_BYTES
        if seconds > MOST_TIMES * plain:
            # The garbage collector or moto's threads may have used this time.
            seconds = min(processor_seconds(hostile, sent)[0] for _ in range(3))
        assert seconds <= MOST_TIMES * plain, f"{seconds / plain:.1f} times a plain photo's {plain:.3f} s: {sent}"

    strategy = requests(routes_of(hostile))
    until = time.monotonic() + size_seconds
    hold(FEW_EXAMPLES, strategy, check)
    while time.monotonic() < until:
        hold(500, strategy, check)
