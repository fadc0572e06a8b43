"""The demo: listen, send an image, wait for its event, print its faces and save its result."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import websockets

from infra.errors import CommandFailed
from infra.local.layout import Addresses

_EVENT_SECONDS = 60
_FACES_IN_WORDS = 3
_NEXT = """
next        make run                     start the service with its web page, and keep it running
            make demo IMAGE=photo.jpg    find the faces in your own photo
            make wheel                   build the client, which can blur the photos in a folder without a service"""


def run(addresses: Addresses, image: Path, log: Path, *, as_json: bool = False) -> Path:
    """Send the image, print the event and the faces, save the result, and suggest three commands.

    With `as_json`, print the complete event and job instead.

    Raises CommandFailed if the job fails, or (with the path of the stack's log) if no event arrives.
    """
    try:
        saved = asyncio.run(_run(addresses, image, as_json=as_json))
    except TimeoutError:
        raise CommandFailed(f"No event for the job arrived within {_EVENT_SECONDS} s. The stack's log: {log}") from None
    if not as_json:
        print(_NEXT)
    return saved


async def _run(addresses: Addresses, image: Path, *, as_json: bool) -> Path:
    async with websockets.connect(addresses.ws_url) as listener, httpx.AsyncClient(timeout=30) as client:
        print(f"listening   {addresses.ws_url}")
        job_id = await _upload(client, addresses, image)
        event = await _event_of(listener, job_id)
        print(f"event       {json.dumps(event, indent=2 if as_json else None)}")
        job = (await client.get(f"{addresses.http_url}/jobs/{job_id}")).raise_for_status().json()
        print(f"job         {json.dumps(job, indent=2)}" if as_json else f"faces       {_faces(job)}")
        if event["type"] != "job.completed":
            raise CommandFailed(f"The job failed: {event['failure']['detail']}")
        picture = await client.get(event["processed_image_url"], follow_redirects=True)
        return _save(picture.raise_for_status().content, image)


async def _upload(client: httpx.AsyncClient, addresses: Addresses, image: Path) -> str:
    response = await client.post(f"{addresses.http_url}/image", files={"file": (image.name, image.read_bytes())})
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return await _upload_by_form(client, addresses, image)
    if response.is_error:
        raise CommandFailed(f"{image.name} was refused: {response.json()['detail']}")
    print(f"uploaded    {image} as job {response.json()['job_id']}")
    return str(response.json()["job_id"])


async def _upload_by_form(client: httpx.AsyncClient, addresses: Addresses, image: Path) -> str:
    grant = (await client.post(f"{addresses.http_url}/uploads", json={})).raise_for_status().json()
    fields = grant["upload"]["fields"] | {"Content-Type": "image/jpeg"}
    response = await client.post(grant["upload"]["url"], data=fields, files={"file": (image.name, image.read_bytes())})
    if response.is_error:
        raise CommandFailed(f"{image.name} was refused by the bucket ({response.status_code}): it may be too large.")
    print(f"uploaded    {image} through a presigned form as job {grant['job_id']}")
    return str(grant["job_id"])


async def _event_of(listener: websockets.ClientConnection, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(_EVENT_SECONDS):
        async for frame in listener:
            for event in json.loads(frame)["events"]:
                if event.get("job_id") == job_id:
                    return dict(event)
    raise TimeoutError


def _faces(job: dict[str, Any]) -> str:
    """Return the faces as text, the most confident ones first."""
    faces = job["faces"] or []
    described = [
        f"{face['confidence']:.0%} at {box['x']:.0f}, {box['y']:.0f}, {box['width']:.0f} x {box['height']:.0f} px"
        for face, box in ((face, face["box"]) for face in faces[:_FACES_IN_WORDS])
    ]
    more = [f"{len(faces) - _FACES_IN_WORDS} more"] if len(faces) > _FACES_IN_WORDS else []
    return f"{len(faces)}: {'; '.join([*described, *more])}" if faces else "none"


def _save(jpeg: bytes, image: Path) -> Path:
    path = Path("out") / f"{image.stem}-faces.jpg"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(jpeg)
    print(f"saved       {path}, with a box around every face")
    return path
