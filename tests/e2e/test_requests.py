"""How many requests an image takes, by upload method, so that an additional one is noticed."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost import REQUESTS, requests_table
from infra.local.deploy import deploy
from infra.local.layout import LocalStack
from infra.local.server import running
from tests.support.photos import one_face
from tests.support.ports import free_port
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

INVOKED = re.compile(r"ESM: Lambda facecast-(\w+)Function-\S+ processed 1 ")


def post(stack: Stack, data: bytes) -> None:
    stack.post_image(data)


def upload(stack: Stack, data: bytes) -> None:
    stack.upload(data)


def drop(stack: Stack, data: bytes) -> None:
    bucket = stack.outputs["OriginalsBucketName"]
    stack.aws.client("s3").put_object(Bucket=bucket, Key="inbox/public/a.jpg", Body=data)


SEND = dict(zip(REQUESTS, (post, upload, drop), strict=True))


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Deploy to an emulator that records every request, as CloudTrail does."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLOUDTRAIL_RECORDING", "1")
        local_stack = LocalStack(free_port(), folder=tmp_path_factory.mktemp("recorder"))
        with running(local_stack) as pid, closing(Stack(local_stack, deploy(local_stack, pid))) as deployed:
            yield deployed


@dataclass
class Recording:
    """The requests since the recording began. The emulator returns the latest fifty, which is enough for one image."""

    stack: Stack

    def __post_init__(self) -> None:
        self._before = {event["EventId"] for event in self._latest()}
        self._invoked_before = self._invoked()

    @property
    def requests(self) -> Counter[str]:
        """Count the recorded requests, and the invocations by queues and streams that the emulator's log contains."""
        events = [event for event in self._latest() if event["EventId"] not in self._before]
        names = [f"{event['EventSource'].split('.')[0]} {event['EventName']}" for event in events]
        made = Counter("s3 PostObject" if name == "s3 POST.s3" else name for name in names)
        return made + (self._invoked() - self._invoked_before)

    def _latest(self) -> list[Any]:
        return list(self.stack.aws.client("cloudtrail").lookup_events()["Events"])

    def _invoked(self) -> Counter[str]:
        return Counter(f"{name} invocation" for name in INVOKED.findall(self.stack.local_stack.log.read_text()))


@pytest.mark.parametrize("method", REQUESTS)
def test_an_image_needs_no_more_requests_than_in_the_model(recorder: Stack, method: str) -> None:
    expected = Counter(REQUESTS[method])
    del expected["Api invocation"]
    # The first image's requests are not compared, because it also starts every function.
    for _ in range(2):
        recording = Recording(recorder)
        SEND[method](recorder, one_face(256))
        wait_until(partial(has_all, recording, expected))
    assert recording.requests == expected


def has_all(recording: Recording, expected: Counter[str]) -> bool:
    return not expected - recording.requests


def test_the_document_has_the_current_table(repository: Path) -> None:
    assert requests_table() in (repository / "docs" / "scaling.md").read_text()
