"""From an image to a live event: every upload method, and the events that each listener receives."""

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.support.photos import NO_FACE, jpeg, one_face, three_faces
from tests.support.pictures import FACE, astronaut
from tests.support.stack import Listener, Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def send_raw(stack: Stack, data: bytes) -> str:
    return stack.post_image(data)


def send_form(stack: Stack, data: bytes) -> str:
    response = stack.http.post("/image", files={"file": ("photo.jpg", data, "image/jpeg")})
    assert response.status_code == 202, response.text
    return str(response.json()["job_id"])


def send_presigned(stack: Stack, data: bytes) -> str:
    return stack.upload(data)


def assert_heard_once(listener: Listener, job_id: str) -> None:
    """Check after a ping: frames arrive in order, so a second event would arrive before the response to it."""
    listener.ping()
    assert len(listener.of_job(job_id)) == 1


@pytest.mark.parametrize("send", [send_raw, send_form, send_presigned])
@pytest.mark.parametrize(("data", "count"), [(one_face(), 1), (three_faces(), 3)], ids=["one", "three"])
def test_every_upload_method_leads_to_one_event_with_the_correct_count(
    stack: Stack, send: Callable[[Stack, bytes], str], data: bytes, count: int
) -> None:
    with stack.listener() as listener:
        job_id = send(stack, data)
        event = listener.wait_for_job(job_id)
        assert_heard_once(listener, job_id)
    assert event["type"] == "job.completed"
    assert event["face_count"] == count
    job = stack.job(job_id)
    assert (job["status"], job["face_count"], len(job["faces"])) == ("completed", count, count)
    assert event["completed_at"] == job["completed_at"]
    assert event["processed_image_url"] == job["links"]["processed_image"]


def test_the_result_shows_a_box_around_the_face(stack: Stack) -> None:
    picture = astronaut()
    with stack.listener() as listener:
        job_id = stack.post_image(jpeg(picture))
        event = listener.wait_for_job(job_id)
    assert httpx.get(event["processed_image_url"], follow_redirects=True).content == stack.result(job_id)
    drawn = np.asarray(Image.open(io.BytesIO(stack.result(job_id))).convert("RGB"))
    assert drawn.shape == picture.shape
    [face] = stack.job(job_id)["faces"]
    box = face["box"]
    assert abs(box["x"] + box["width"] / 2 - (FACE.x + FACE.width / 2)) < 12
    assert abs(box["y"] + box["height"] / 2 - (FACE.y + FACE.height / 2)) < 12
    changed = np.abs(drawn.astype(int) - picture).max(axis=2) > 60
    left, right = round(box["x"]), round(box["x"] + box["width"])
    middle = slice(round(box["y"] + box["height"] * 0.3), round(box["y"] + box["height"] * 0.7))
    assert changed[middle, left - 3 : left + 4].any(axis=1).mean() > 0.9
    assert changed[middle, right - 3 : right + 4].any(axis=1).mean() > 0.9
    assert changed[middle, left + 12 : right - 12].mean() < 0.05, "the face itself is unchanged"


def test_two_listeners_receive_events_despite_one_that_vanished(stack: Stack) -> None:
    with stack.listener() as first, stack.listener() as second, stack.listener() as lost:
        lost.vanish()
        job_id = stack.post_image(one_face())
        events = [listener.wait_for_job(job_id) for listener in (first, second)]
        assert_heard_once(first, job_id)
        assert_heard_once(second, job_id)
    assert events[0] == events[1]


def test_a_photo_without_faces_is_completed(stack: Stack) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(jpeg(NO_FACE))
        event = listener.wait_for_job(job_id)
    assert (event["type"], event["face_count"]) == ("job.completed", 0)
    assert stack.job(job_id)["faces"] == []
    assert stack.result(job_id)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [(b"Dear Sir or Madam", 415, "a text file"), (b"", 422, "empty"), (b"%PDF-1.7\n", 415, "a PDF document")],
)
def test_a_body_that_is_not_an_image_is_refused_immediately(stack: Stack, data: bytes, status: int, words: str) -> None:
    response = stack.http.post("/image", content=data)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.json()["detail"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(one_face()[:20_000], "corrupt_image", id="truncated"),
        pytest.param(b"Dear Sir or Madam", "unsupported_format", id="text"),
        pytest.param(b"\xff\xd8\xff\xe0 and no more", "corrupt_image", id="header only"),
    ],
)
def test_bad_images_fail_with_a_reason_and_an_event(stack: Stack, data: bytes, reason: str) -> None:
    with stack.listener() as listener:
        job_id = stack.upload(data)
        event = listener.wait_for_job(job_id)
        assert_heard_once(listener, job_id)
    assert (event["type"], event["failure"]["reason"]) == ("job.failed", reason)
    assert stack.job(job_id)["failure"] == event["failure"]
    gone = stack.http.get(f"/jobs/{job_id}/processed-image")
    assert gone.status_code == 410
    assert event["failure"]["detail"] in gone.json()["detail"]
    assert_nothing_waits(stack)


def assert_nothing_waits(stack: Stack) -> None:
    """Check that no message is left in the detect queue."""
    sqs = stack.aws.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def left() -> int:
        response = sqs.get_queue_attributes(QueueUrl=stack.outputs["DetectQueueUrl"], AttributeNames=names)
        return sum(int(value) for value in response["Attributes"].values())

    stack.wait_until(lambda: left() == 0)


def test_a_duplicate_delivery_changes_nothing(stack: Stack) -> None:
    """Deliver the same S3 event four more times, through the queue and directly to the function, at the same time."""
    with stack.listener() as listener:
        job_id = stack.post_image(three_faces())
        event = stack.original_created(job_id)
        queue = stack.aws.client("sqs")
        function = stack.resource("DetectorFunction")

        def invoke(_: int) -> int:
            client = stack.aws.client("lambda")
            return int(client.invoke(FunctionName=function, Payload=json.dumps(event).encode())["StatusCode"])

        with ThreadPoolExecutor(4) as pool:
            direct = [pool.submit(invoke, n) for n in range(2)]
            queued = [
                pool.submit(queue.send_message, QueueUrl=stack.outputs["DetectQueueUrl"], MessageBody=json.dumps(event))
                for _ in range(2)
            ]
            listener.wait_for_job(job_id)
            assert {future.result() for future in direct} == {200}
            for future in queued:
                future.result()
        assert_nothing_waits(stack)
        assert_heard_once(listener, job_id)
    assert sorted(stack.objects_of(job_id)) == [f"originals/{job_id}", f"results/{job_id}/boxes.jpg"]
