"""Files copied to the drop folder, as a user of the bucket would copy them."""

import json
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from facelib.domain.errors import ObjectMissing
from facelib.stores.objects import inbox
from facelib.stores.objects.inbox import Inbox

from tests.support.photos import one_face
from tests.support.stack import Stack
from tests.support.subscription import Subscription, subscribed
from tests.support.workers import kill_workers

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def inbox_of(stack: Stack, owner: str = "") -> list[str]:
    prefix = f"inbox/{owner}"
    objects = stack.aws.client("s3").list_objects_v2(Bucket=stack.outputs["OriginalsBucketName"], Prefix=prefix)
    return [one["Key"] for one in objects.get("Contents", [])]


def put(stack: Stack, key: str, data: bytes, metadata: dict[str, str] | None = None) -> None:
    bucket = stack.outputs["OriginalsBucketName"]
    stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=data, Metadata=metadata or {})


def ends(subscription: Subscription, *keys: str) -> dict[str, Any]:
    """Return the only event of each of these files, by object key."""
    subscription.wait_until(lambda: set(keys) <= {event["detail"].get("source") for event in subscription.events})
    events = [event for event in subscription.events if event["detail"].get("source") in keys]
    assert len(events) == len(keys), "each file has one event"
    return {event["detail"]["source"]: event for event in events}


def test_a_dropped_file_becomes_a_job_of_its_owner_and_leaves_the_inbox(stack: Stack) -> None:
    photo, odd, text = "inbox/public/2026/party ü+1.jpg", "inbox/public/odd.jpg", "inbox/public/notes.txt"
    with subscribed(stack) as subscription:
        put(stack, photo, one_face(256), {"facecast-render": "blur", "mtime": "1700000000"})
        put(stack, odd, one_face(256), {"facecast-rendr": "blur"})
        put(stack, text, b"Dear Sir or Madam")
        put(stack, "inbox/public/folder/", b"")
        put(stack, "inbox/nobody.jpg", one_face(256))
        events = ends(subscription, photo, odd, text)

    types = {key: event["detail-type"] for key, event in events.items()}
    assert types == {photo: "Job Completed", odd: "Job Failed", text: "Job Failed"}
    jobs = {key: stack.job(event["detail"]["job_id"]) for key, event in events.items()}
    assert (jobs[photo]["source"], jobs[photo]["options"]["render"], jobs[photo]["face_count"]) == (photo, ["blur"], 1)
    assert [jobs[key]["failure"]["reason"] for key in (odd, text)] == ["invalid_options", "unsupported_format"]
    results = events[photo]["detail"]["results"]
    stored = stack.aws.client("s3").get_object(Bucket=results["bucket"], Key=results["faces_json"])
    assert json.loads(stored["Body"].read()) == jobs[photo], "the file in the bucket contains the whole job"
    listed = {job["job_id"]: job["source"] for job in stack.http.get("/jobs", params={"limit": 100}).json()["jobs"]}
    assert listed[jobs[photo]["job_id"]] == photo
    assert stack.http.delete(f"/jobs/{jobs[photo]['job_id']}").status_code == 204
    assert stack.objects_of(jobs[photo]["job_id"]) == []
    left = {odd, "inbox/public/folder/", "inbox/nobody.jpg"}
    stack.wait_until(lambda: left == set(inbox_of(stack)))
    for key in left:
        stack.aws.client("s3").delete_object(Bucket=stack.outputs["OriginalsBucketName"], Key=key)


def test_the_file_of_another_owner_is_not_visible(stack: Stack) -> None:
    with subscribed(stack) as subscription:
        put(stack, "inbox/bob/secret.jpg", one_face(256))
        event = ends(subscription, "inbox/bob/secret.jpg")["inbox/bob/secret.jpg"]
    assert event["detail"]["owner"] == "bob"
    assert stack.http.get(f"/jobs/{event['detail']['job_id']}").status_code == 404


def test_only_the_object_of_the_event_is_moved(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies and deletions are conditional in the emulator, as in S3; moto does not support this."""
    client = boto3.client("s3", endpoint_url=stack.endpoint_url)
    monkeypatch.setattr(inbox, "s3", lambda: client)
    bucket, key, job_id = "conditions", "inbox/public/a.jpg", "7d0c1f7a-6a53-4c0e-9d5e-2b1f0f3c9a11"
    client.create_bucket(Bucket=bucket)
    old = client.put_object(Bucket=bucket, Key=key, Body=b"old")["ETag"].strip('"')
    new = client.put_object(Bucket=bucket, Key=key, Body=b"new", Metadata={"facecast-size": "fit"})["ETag"].strip('"')
    folder = Inbox(bucket)
    with pytest.raises(ObjectMissing):
        folder.metadata(key, old)
    with pytest.raises(ObjectMissing):
        folder.copy_to_original(key, old, job_id)
    assert not folder.has_original(job_id)
    folder.remove(key, old)
    assert folder.metadata(key, new) == {"facecast-size": "fit"}, "the new object is still there"
    folder.copy_to_original(key, new, job_id)
    assert folder.has_original(job_id)
    folder.remove(key, new)
    assert [one["Key"] for one in client.list_objects_v2(Bucket=bucket)["Contents"]] == [f"originals/{job_id}"]
    assert client.head_object(Bucket=bucket, Key=f"originals/{job_id}")["Metadata"] == {}


@pytest.fixture
def drops(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--drops"))


def copy(folder: Path, stack: Stack, destination: str) -> None:
    """Copy a folder as a user would, with the AWS CLI if it is installed, otherwise file by file."""
    bucket = stack.outputs["OriginalsBucketName"]
    if shutil.which("aws"):
        command = ["aws", "s3", "cp", str(folder), f"s3://{bucket}/{destination}", "--recursive", "--only-show-errors"]
        options = ["--endpoint-url", stack.endpoint_url]
        subprocess.run([*command, *options], check=True, env=stack.local_stack.environment())
        return
    for file in folder.iterdir():
        stack.aws.client("s3").upload_file(str(file), bucket, destination + file.name)


def files_of(stack: Stack, job_ids: set[str]) -> int:
    pages = stack.aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.outputs["ResultsBucketName"])
    keys = {one["Key"] for page in pages for one in page.get("Contents", [])}
    return len(keys & {f"results/{job_id}/faces.json" for job_id in job_ids})


@pytest.mark.timeout(1_200)
def test_every_dropped_photo_is_one_job_while_detectors_are_killed(stack: Stack, drops: int, tmp_path: Path) -> None:
    """For a longer run: `pytest tests/e2e/test_drop_folder.py --drops 300`."""
    for number in range(drops):
        (tmp_path / f"{number}.jpg").write_bytes(one_face(200 + number % 100))
    with subscribed(stack) as subscription, ThreadPoolExecutor(1) as background:
        copying = background.submit(copy, tmp_path, stack, "inbox/party/")
        killed = 0
        for share in (0.1, 0.3, 0.5, 0.7):
            subscription.wait_until(partial(at_least, subscription, drops * share), seconds=drops + 60)
            killed += kill_workers(stack, "DetectorFunction")
        copying.result()
        subscription.wait_until(partial(at_least, subscription, drops), seconds=drops + 60)
    assert killed, "some detectors were killed"
    sources = Counter(event["detail"]["source"] for event in subscription.events)
    assert sources == Counter(f"inbox/party/{number}.jpg" for number in range(drops)), "each file has one event"
    assert Counter(event["detail-type"] for event in subscription.events) == {"Job Completed": drops}
    job_ids = {event["detail"]["job_id"] for event in subscription.events}
    assert (len(job_ids), files_of(stack, job_ids), inbox_of(stack, "party/")) == (drops, drops, [])


def at_least(subscription: Subscription, count: float) -> bool:
    return len(subscription.events) >= count
