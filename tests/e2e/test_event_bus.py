"""The event bus, as seen by a consumer with its own rule."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
from face_notifier.schema import schema

from tests.support.photos import one_face
from tests.support.stack import Stack
from tests.support.subscription import subscribed

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_every_end_and_every_deletion_is_one_event(stack: Stack) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    with subscribed(stack) as subscription, stack.listener() as listener:
        done, failed = stack.post_image(one_face(256)), stack.upload(b"Dear Sir or Madam")
        subscription.wait_until(lambda: all(subscription.of_job(job_id) for job_id in (done, failed)))
        heard = {event["job_id"]: event for event in (listener.wait_for_job(done), listener.wait_for_job(failed))}
        (completed,) = subscription.of_job(done)
        assert completed["source"] == "facecast"
        assert completed["detail"]["event_id"] == heard[done]["event_id"], "the stream and the bus have the same event"
        job = httpx.get(completed["detail"]["job_url"]).json()
        assert (job["status"], len(job["faces"])) == ("completed", completed["detail"]["face_count"])
        results = completed["detail"]["results"]
        picture = stack.aws.client("s3").get_object(Bucket=results["bucket"], Key=results["renders"]["boxes"])
        assert picture["Body"].read() == stack.result(done)

        # Three parallel deletions and a later one produce only one event.
        with ThreadPoolExecutor(3) as pool:
            responses = list(pool.map(lambda _: stack.http.delete(f"/jobs/{done}").status_code, range(3)))
        assert 204 in responses
        assert stack.http.delete(f"/jobs/{done}").status_code == 404
        assert stack.http.delete(f"/jobs/{failed}").status_code == 204
        subscription.wait_until(lambda: all(len(subscription.of_job(job_id)) == 2 for job_id in (done, failed)))

    assert subscription.types_of_job(done) == ["Job Completed", "Job Deleted"]
    assert subscription.types_of_job(failed) == ["Job Failed", "Job Deleted"]
    for event in subscription.events:
        validator.validate(event["detail"])
