"""The whole pipeline once, before somebody's eyes: listen, upload, hear, look."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import skimage
import websockets

from infra.local.errors import LocalError
from infra.local.layout import Addresses

_PATIENCE_SECONDS = 60


def sample_photo() -> Path:
    """A portrait in the public domain: the astronaut Eileen Collins, by NASA, as scikit-image ships it."""
    return Path(skimage.__file__).parent / "data" / "astronaut.png"


def run(addresses: Addresses, image: Path) -> Path:
    """Send the image, print the event and the job, save the result below the current folder. Raises LocalError."""
    return asyncio.run(_run(addresses, image))


async def _run(addresses: Addresses, image: Path) -> Path:
    async with websockets.connect(addresses.ws_url) as listener, httpx.AsyncClient(timeout=30) as client:
        print(f"listening   {addresses.ws_url}")
        job_id = await _upload(client, addresses, image)
        event = await _event_of(listener, job_id)
        print(f"event       {json.dumps(event, indent=2)}")
        job = (await client.get(f"{addresses.http_url}/jobs/{job_id}")).raise_for_status().json()
        print(f"job         {json.dumps(job, indent=2)}")
        if event["type"] != "job.completed":
            raise LocalError(f"The job failed: {event['failure']['detail']}")
        picture = await client.get(event["processed_image_url"], follow_redirects=True)
        return _save(picture.raise_for_status().content, image)


async def _upload(client: httpx.AsyncClient, addresses: Addresses, image: Path) -> str:
    answer = await client.post(f"{addresses.http_url}/image", files={"file": (image.name, image.read_bytes())})
    if answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return await _upload_by_form(client, addresses, image)
    if answer.is_error:
        raise LocalError(f"{image.name} was refused: {answer.json()['detail']}")
    print(f"uploaded    {image} as job {answer.json()['job_id']}")
    return str(answer.json()["job_id"])


async def _upload_by_form(client: httpx.AsyncClient, addresses: Addresses, image: Path) -> str:
    grant = (await client.post(f"{addresses.http_url}/uploads", json={})).raise_for_status().json()
    fields = grant["upload"]["fields"] | {"Content-Type": "image/jpeg"}
    answer = await client.post(grant["upload"]["url"], data=fields, files={"file": (image.name, image.read_bytes())})
    if answer.is_error:
        raise LocalError(f"{image.name} was refused by the bucket ({answer.status_code}): it may be too large.")
    print(f"uploaded    {image} by a presigned form as job {grant['job_id']}")
    return str(grant["job_id"])


async def _event_of(listener: websockets.ClientConnection, job_id: str) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for frame in listener:
                for event in json.loads(frame)["events"]:
                    if event.get("job_id") == job_id:
                        return dict(event)
    except TimeoutError:
        pass
    raise LocalError(f"No event for job {job_id} arrived within {_PATIENCE_SECONDS} s. See .local/ministack.log.")


def _save(jpeg: bytes, image: Path) -> Path:
    path = Path("out") / f"{image.stem}-faces.jpg"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(jpeg)
    print(f"saved       {path}, with a box around every face")
    return path
