"""The checks in their order, each with advice for a failure. docs/first-deployment.md describes further checks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import boto3
import httpx
from botocore.config import Config

from infra.verify.service import TIMEOUT_SECONDS, Listener, Service, expect

_UPLOAD_BYTES: Final = 5_000_000
_HANDSHAKES_AT_ONCE: Final = 20
_JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True)
class Check:
    """A check: `run` returns an observation; `hint` is the advice if it raises an error."""

    name: str
    run: Callable[[Service], Awaitable[str]]
    hint: str


async def health(service: Service) -> str:
    answer = (await service.call("GET", "/health", 200)).json()
    expect(answer["detectors"], "the package does not contain a detection model")
    return f"detectors: {', '.join(answer['detectors'])}"


async def refusal(service: Service) -> str:
    """Check that a request without a key is refused, which also produces one 401 in the access log."""
    if not service.key:
        return "not checked: access is open"
    async with httpx.AsyncClient(base_url=service.outputs["HttpUrl"], timeout=TIMEOUT_SECONDS) as stranger:
        status = (await stranger.get("/jobs")).status_code
    expect(status == 401, f"without a key, GET /jobs responded with {status}")
    return "401 without a key"


async def first_photo(service: Service) -> str:
    """Send a photo, receive its event, and fetch its result."""
    async with service.listening() as listener:
        begun = time.monotonic()
        job_id = (await service.send()).json()["job_id"]
        event = await listener.event_of(job_id)
        seconds = time.monotonic() - begun
    expect(event["face_count"] == 1, f"the sample photo has 1 face, but the event says {event}")
    redirect = await service.call("GET", f"/jobs/{job_id}/processed-image", 302)
    await _is_picture(redirect.headers["location"])
    return f"event after {seconds:.1f} s, result fetched"


async def _is_picture(url: str) -> None:
    # Redirects are not followed, because the signature of a presigned URL is valid for one host only.
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as bucket:
        picture = await bucket.get(url)
    host = httpx.URL(url).host
    expect(picture.status_code == 200, f"{host} answered {picture.status_code}: {picture.text[:200]}")
    expect(picture.content.startswith(_JPEG), f"{host} returned something other than a JPEG")


async def presigned_upload(service: Service) -> str:
    """Upload 5 MB through a presigned form, as the page does: first a preflight to the bucket, then the form."""
    data = service.photo.ljust(_UPLOAD_BYTES, b"\0")
    job_id, answer = await service.upload(data)
    expect(answer.status_code == 204, f"{answer.url.host} answered {answer.status_code}: {answer.text[:300]}")
    job = await service.completed(job_id)
    expect(job["face_count"] == 1, f"the sample photo has 1 face, but the job says {job['face_count']}")
    return f"{len(data):,} bytes to {answer.url.host}"


async def rekognition(service: Service) -> str:
    client = boto3.client(
        "rekognition",
        endpoint_url=f"{service.outputs['HttpUrl']}/rekognition",
        region_name=service.region,
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - the key is the session token
        aws_session_token=service.key,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=TIMEOUT_SECONDS),
    )
    found = await asyncio.to_thread(client.detect_faces, Image={"Bytes": service.photo})
    expect(len(found["FaceDetails"]) == 1, f"the sample photo has 1 face, but {len(found['FaceDetails'])} were found")
    return "boto3's detect_faces found 1 face"


def many_clients(count: int) -> Check:
    """Have clients send photos in parallel: each receives its faces with a 200, or a 202 first and its faces later."""

    async def run(service: Service) -> str:
        sent = await asyncio.gather(*(service.send(Prefer="wait=20") for _ in range(count)))
        jobs = await asyncio.gather(*(service.completed(response.json()["job_id"]) for response in sent))
        expect(all(job["face_count"] == 1 for job in jobs), "not every job reports exactly 1 face")
        waited = sum(response.status_code == 200 for response in sent)
        return f"{waited} received the faces directly; {count - waited} received 202 and waited for the job"

    return Check(
        f"{count} parallel clients", run, "If a throttle alarm has fired, the account's concurrency limit is too low."
    )


def many_listeners(count: int) -> Check:
    async def run(service: Service) -> str:
        slots = asyncio.Semaphore(_HANDSHAKES_AT_ONCE)
        async with AsyncExitStack() as stack:

            async def listen() -> Listener:
                async with slots:
                    return await stack.enter_async_context(service.listening())

            listeners = await asyncio.gather(*(listen() for _ in range(count)))
            job_id = (await service.send()).json()["job_id"]
            events = await asyncio.gather(*(listener.event_of(job_id) for listener in listeners))
        expect(len({event["event_id"] for event in events}) == 1, "the listeners received different events")
        return f"all {count} received the event"

    return Check(
        f"{count} listeners",
        run,
        "`make logs FUNCTION=Broadcaster`; `Throttled` on the dashboard shows whether API Gateway refused posts.",
    )


async def drop_folder(service: Service) -> str:
    """Copy a file to the drop folder as an operator does, and check that it becomes a job."""
    owner = "verify" if service.key else "public"
    key, s3 = f"inbox/{owner}/{time.time_ns()}.jpg", boto3.client("s3", region_name=service.region)
    bucket = service.outputs["OriginalsBucketName"]
    await asyncio.to_thread(s3.put_object, Bucket=bucket, Key=key, Body=service.photo)
    for _ in range(TIMEOUT_SECONDS):
        jobs = (await service.call("GET", "/jobs", 200)).json()["jobs"]
        if job_id := next((job["job_id"] for job in jobs if job.get("source") == key), None):
            await service.completed(job_id)
            return "the file became a job"
        await asyncio.sleep(1)
    expect(condition=False, seen=f"no job for {key} within {TIMEOUT_SECONDS} s")
    return ""


async def deletion(service: Service) -> str:
    """Delete a job, and check that its record and its result no longer exist."""
    job_id = (await service.send()).json()["job_id"]
    await service.completed(job_id)
    address = (await service.call("GET", f"/jobs/{job_id}/processed-image", 302)).headers["location"]
    await service.call("DELETE", f"/jobs/{job_id}", 204)
    await service.call("GET", f"/jobs/{job_id}", 404)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as bucket:
        status = (await bucket.get(address)).status_code
    expect(status in {403, 404}, f"the URL of the deleted result responds with {status}")
    return "job and result no longer exist"


def checks(clients: int, listeners: int) -> tuple[Check, ...]:
    bucket = "The URL should contain the Region. Compare `AWS_DEFAULT_REGION` with the stack's Region."
    return (
        Check("health", health, "Open HttpUrl in a browser. `make logs FUNCTION=Api` shows why it does not start."),
        Check("refusal", refusal, "`make logs FUNCTION=Authorizer` lists each refusal."),
        Check("first photo", first_photo, "`make logs FUNCTION=Detector`, then FUNCTION=Broadcaster."),
        Check("upload of 5 MB", presigned_upload, bucket),
        Check("Rekognition's API", rekognition, "`make logs FUNCTION=Api`; a 403 comes from the authorizer."),
        many_clients(clients),
        many_listeners(listeners),
        Check("drop folder", drop_folder, "`make logs FUNCTION=Intake`; the file waits in the inbox."),
        Check(
            "deletion",
            deletion,
            "`make logs FUNCTION=Api`. If the deletion was interrupted, repeat the request to finish it.",
        ),
    )
