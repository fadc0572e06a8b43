"""Access to a deployed service as a user: HTTP calls, presigned forms, and listeners on the stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from json import loads
from typing import Any, Final

import httpx
import websockets

TIMEOUT_SECONDS: Final = 60


class Failed(Exception):
    """A check failed; the message states what was observed."""


def expect(condition: object, seen: str) -> None:
    """Raise Failed with the observation unless the condition holds."""
    if not condition:
        raise Failed(seen)


def _expect_status(response: httpx.Response, allowed: set[int]) -> None:
    request = f"{response.request.method} {response.request.url.path}"
    expect(response.status_code in allowed, f"{request} answered {response.status_code}: {response.text[:300]}")


@dataclass
class Listener:
    """One WebSocket, and every event that it has received."""

    events: list[dict[str, Any]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, socket: websockets.ClientConnection) -> None:
        async for frame in socket:
            async with self._changed:
                self.events += loads(frame)["events"]
                self._changed.notify_all()

    async def event_of(self, job_id: str) -> dict[str, Any]:
        """Return the first event of a job. Raises Failed if it does not arrive in time."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if event.get("job_id") == job_id), None)

        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._changed:
                await self._changed.wait_for(lambda: found() is not None)
        except TimeoutError:
            raise Failed(f"no event for the job {job_id} within {TIMEOUT_SECONDS} s") from None
        event = found()
        assert event is not None
        return event


@dataclass(frozen=True)
class Service:
    """The outputs of a stack, and a key if it requires one; `http` sends the key."""

    outputs: dict[str, str]
    region: str
    key: str | None
    photo: bytes
    http: httpx.AsyncClient

    async def call(self, method: str, path: str, status: int, json: object = None) -> httpx.Response:
        response = await self.http.request(method, path, json=json)
        _expect_status(response, {status})
        return response

    async def send(self, **headers: str) -> httpx.Response:
        """Send the photo and wait; return the response: 200 with the faces, or 202."""
        image = {"Content-Type": "image/jpeg", **headers}
        response = await self.http.post("/image", content=self.photo, headers=image)
        _expect_status(response, {200, 202})
        return response

    async def upload(self, data: bytes) -> tuple[str, httpx.Response]:
        """Send an image through a presigned form. Return the job's id and the bucket's response.

        Redirects are not followed.
        """
        granted = (await self.call("POST", "/uploads", 201, json={})).json()
        fields = {"Content-Type": "image/jpeg", **granted["upload"]["fields"]}
        page = httpx.URL(self.outputs["HttpUrl"]).copy_with(raw_path=b"")
        preflight = {"Origin": str(page), "Access-Control-Request-Method": "POST"}
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as bucket:
            _expect_status(await bucket.options(granted["upload"]["url"], headers=preflight), {200, 204})
            answer = await bucket.post(granted["upload"]["url"], data=fields, files={"file": ("photo.jpg", data)})
        return str(granted["job_id"]), answer

    async def completed(self, job_id: str) -> dict[str, Any]:
        """Return the job once it is completed. Raises Failed if it fails or takes too long."""
        for _ in range(TIMEOUT_SECONDS * 2):
            job = (await self.call("GET", f"/jobs/{job_id}", 200)).json()
            expect(job["status"] != "failed", f"the job {job_id} failed: {job.get('failure')}")
            if job["status"] == "completed":
                return dict(job)
            await asyncio.sleep(0.5)
        raise Failed(f"the job {job_id} is still {job['status']} after {TIMEOUT_SECONDS} s")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        url = self.outputs["StreamUrl"]
        if self.key:
            url += f"?ticket={(await self.call('POST', '/stream-tickets', 201)).json()['ticket']}"
        listener = Listener()
        async with websockets.connect(url, open_timeout=TIMEOUT_SECONDS) as socket:
            receiving = asyncio.create_task(listener.receive(socket))
            try:
                yield listener
            finally:
                receiving.cancel()
