"""A correction as it appears to listeners, in replays and on the bus."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from tests.support.detector import pixels_of
from tests.support.keys import PHOTO, Holder, completed, holder
from tests.support.photos import one_face
from tests.support.stack import Stack, ended
from tests.support.subscription import subscribed

pytestmark = pytest.mark.stack

CORNER = {"x": 0, "y": 0, "width": 60, "height": 60}


@pytest.mark.xdist_group("stack")
def test_a_correction_reaches_other_listeners_replays_and_the_bus(stack: Stack) -> None:
    with subscribed(stack) as subscription, stack.listener() as author, stack.listener() as other:
        job_id = stack.post_image(one_face(256), render="solid", size="original")
        author.wait_for_job(job_id)
        before = pixels_of(stack.result(job_id))[5:55, 5:55]
        stored = stack.http.put(f"/jobs/{job_id}/corrections", json={"hide": [CORNER]})
        assert stored.status_code == 200, stored.text

        heard = [
            one.wait_for(lambda event: event["type"] == "job.corrected" and event["job_id"] == job_id)
            for one in (author, other)
        ]

        assert heard[0] == heard[1]
        assert (heard[0]["job_id"], heard[0]["status"]) == (job_id, "completed")
        assert heard[0]["corrected_at"] == stored.json()["corrected_at"]
        shown = httpx.get(heard[0]["processed_image_url"], follow_redirects=True).content
        after = pixels_of(shown)[5:55, 5:55]
        assert before.max() > 100
        assert after.max() < 20, "the event's URL leads to the corrected result"
        with stack.listener("?replay=20") as late:
            replayed = late.wait_for_job(job_id)
        assert replayed == heard[0]
        subscription.wait_until(lambda: len(subscription.of_job(job_id)) == 2)

    assert subscription.types_of_job(job_id) == ["Job Completed", "Job Corrected"]
    detail = subscription.of_job(job_id)[1]["detail"]
    assert (detail["event_id"], detail["corrected_at"]) == (heard[0]["event_id"], heard[0]["corrected_at"])
    picture = stack.aws.client("s3").get_object(
        Bucket=detail["results"]["bucket"], Key=detail["results"]["renders"]["solid"]
    )
    assert picture["Body"].read() == shown


def _heard(socket: ClientConnection) -> Iterator[dict[str, Any]]:
    for frame in socket:
        yield from json.loads(frame)["events"]


@pytest.mark.xdist_group("closed")
def test_only_the_owner_can_see_and_correct_a_job(closed_stack: Stack, alice: Holder, bob: Holder) -> None:
    """Even the owner needs a key with the scope `manage` to correct a job."""
    sent = ended(alice.request, "/image?render=solid", content=PHOTO).json()
    path = f"/jobs/{sent['job_id']}/corrections"
    reader = holder(closed_stack, "alice", "send,read")
    refusals = [one.request("PUT", path, json={"show": [0]}).status_code for one in (bob, reader)]
    assert refusals == [404, 403]
    assert reader.request("GET", path).json() == {"hide": [], "show": [], "corrected_at": None}
    assert bob.request("GET", path).status_code == 404
    with reader.listening() as own, bob.listening() as foreign:
        assert alice.request("PUT", path, json={"show": [0]}).status_code == 200
        corrected = next(event for event in _heard(own) if event["type"] == "job.corrected")
        assert corrected["job_id"] == sent["job_id"]
        foreign.send(json.dumps({"action": "replay", "limit": 100}))
        last = completed(bob)
        seen = []
        for event in _heard(foreign):
            seen.append(event.get("job_id"))
            if event.get("job_id") == last:
                break
    assert sent["job_id"] not in seen
