"""Access to the deployed service for tests: HTTP calls, and listeners on the stream."""

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Final
from uuid import uuid4

import boto3
import httpx
from localstack_client.session import Session
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from infra.local.deploy import session
from infra.local.layout import STACK_NAME, Addresses, LocalStack

TIMEOUT_SECONDS = 60.0


@dataclass
class Listener:
    """Everything that one WebSocket has received."""

    socket: ClientConnection
    events: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        try:
            for frame in self.socket:
                with self._changed:
                    self.events += json.loads(frame)["events"]
                    self._changed.notify_all()
        except ConnectionClosed:
            pass

    def of_job(self, job_id: str) -> list[dict[str, Any]]:
        with self._changed:
            return [event for event in self.events if event.get("job_id") == job_id]

    def wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first event, past or future, that meets the condition."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(condition(event) for event in self.events), TIMEOUT_SECONDS), (
                f"no such event among {self.events}"
            )
            return next(event for event in self.events if condition(event))

    def wait_for_job(self, job_id: str) -> dict[str, Any]:
        return self.wait_for(lambda event: event.get("job_id") == job_id)

    def vanish(self) -> None:
        """Disconnect without closing: the TCP connection is reset."""
        self.socket.socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.socket.close()

    def ping(self) -> None:
        """Wait until everything that was posted to this listener has been received."""
        before = sum(event["type"] == "pong" for event in self.events)
        self.socket.send(json.dumps({"action": "ping"}))
        with self._changed:
            assert self._changed.wait_for(
                lambda: sum(event["type"] == "pong" for event in self.events) > before, TIMEOUT_SECONDS
            ), "no pong"


def wait_until(condition: Callable[[], bool], pause: float = 0.1, seconds: float = TIMEOUT_SECONDS) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never became true"
        time.sleep(pause)


def ended(request: Callable[..., httpx.Response], path: str = "/image", **sent: Any) -> httpx.Response:
    """Send an image, and repeat the request with the same idempotency key until the job has ended."""
    headers = {"Prefer": "respond-async, wait=20", "Idempotency-Key": str(uuid4())}
    responses: list[httpx.Response] = []

    def has_ended() -> bool:
        responses.append(request("POST", path, headers=headers, **sent))
        assert responses[-1].is_success, responses[-1].text
        return responses[-1].status_code == HTTPStatus.OK

    wait_until(has_ended)
    return responses[-1]


# A short time-out, because it is how long a killed worker delays its job, and tests kill many workers.
IMPATIENT: Final = {"DetectorTimeout": "10"}


class Stack:
    """A running stack, and helpers for tests."""

    def __init__(self, local_stack: LocalStack, addresses: Addresses) -> None:
        self.local_stack = local_stack
        self.addresses = addresses
        self.http_url = addresses.http_url
        self.ws_url = addresses.ws_url
        self.docs_url = addresses.docs_url
        self.endpoint_url = addresses.endpoint_url
        self.outputs = addresses.outputs

    @cached_property
    def aws(self) -> Session:
        """boto3 clients for this stack, through localstack-client."""
        return session(self.local_stack)

    @cached_property
    def http(self) -> httpx.Client:
        """One client for all requests, because creating one costs more than a request."""
        return httpx.Client(base_url=self.http_url, timeout=40)

    def close(self) -> None:
        self.http.close()

    @contextmanager
    def listener(self, query: str = "") -> Iterator[Listener]:
        with connect(f"{self.ws_url}{query}", open_timeout=TIMEOUT_SECONDS) as connection:
            listener = Listener(connection)
            thread = threading.Thread(target=listener.listen)
            thread.start()
            try:
                # The first response shows that the connection is registered.
                listener.ping()
                yield listener
            finally:
                connection.close()
                thread.join()
                connection.socket.close()

    def messages(self, queue: str) -> int:
        """Count the messages in a queue, both waiting and in flight."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        counts = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.resource(queue), AttributeNames=names)
        return sum(int(counts["Attributes"][name]) for name in names)

    def cut_every_connection(self) -> None:
        """Disconnect all listeners, as API Gateway does after two hours."""
        callback = boto3.client("apigatewaymanagementapi", endpoint_url=self.ws_url.replace("ws://", "http://"))
        for item in self.aws.client("dynamodb").scan(TableName=self.outputs["ConnectionsTableName"])["Items"]:
            with suppress(callback.exceptions.GoneException):
                callback.delete_connection(ConnectionId=item["connection_id"]["S"])

    def post_image(self, data: bytes, **options: Any) -> str:
        """Send an image as the body, and return the job's id."""
        response = self.http.post("/image", content=data, params=options)
        assert response.status_code == 202, response.text
        return str(response.json()["job_id"])

    def completed(self, data: bytes, **options: Any) -> str:
        """Send an image, and return the job's id when the job has ended."""
        with self.listener() as listener:
            job_id = self.post_image(data, **options)
            listener.wait_for_job(job_id)
        return job_id

    def upload(self, data: bytes, content_type: str = "image/jpeg", **request: Any) -> str:
        """Send an image through a presigned POST, and return the job's id."""
        granted = self.http.post("/uploads", json=request)
        assert granted.status_code == 201, granted.text
        response = self.post_form(granted.json()["upload"], data, content_type)
        assert response.status_code == 204, response.text
        return str(granted.json()["job_id"])

    def post_form(self, form: dict[str, Any], data: bytes, content_type: str = "image/jpeg") -> httpx.Response:
        fields = {"Content-Type": content_type, **form["fields"]}
        return self.http.post(form["url"], data=fields, files={"file": ("photo", data)}, timeout=60)

    def job(self, job_id: str) -> dict[str, Any]:
        response = self.http.get(f"/jobs/{job_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def job_ids(self) -> Iterator[str]:
        """Yield the ids of all jobs, the newest first."""
        query: dict[str, Any] = {"limit": 100}
        while True:
            page = self.http.get("/jobs", params=query).json()
            yield from (str(job["job_id"]) for job in page["jobs"])
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def result(self, job_id: str, **query: str) -> bytes:
        """Download the JPEG that `processed-image` redirects to."""
        redirect = self.http.get(f"/jobs/{job_id}/processed-image", params=query)
        assert redirect.status_code == 302, redirect.text
        picture = self.http.get(redirect.headers["location"])
        assert picture.status_code == 200
        assert picture.headers["content-type"] == "image/jpeg"
        return picture.content

    def objects_of(self, job_id: str) -> list[str]:
        """List the keys of a job's objects in both buckets."""
        s3 = self.aws.client("s3")
        keys = []
        for bucket in (self.outputs["OriginalsBucketName"], self.outputs["ResultsBucketName"]):
            contents = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
            keys += [one["Key"] for one in contents if job_id in one["Key"]]
        return keys

    def wait_until(self, condition: Callable[[], bool], pause: float = 0.1) -> None:
        wait_until(condition, pause)

    def original_created(self, job_id: str) -> dict[str, Any]:
        """Return the event that S3 sends for a job's original."""
        bucket = self.outputs["OriginalsBucketName"]
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": {"key": f"originals/{job_id}", "size": 1}},
        }
        return {"Records": [record]}

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource of the template."""
        detail = self.aws.client("cloudformation").describe_stack_resource(
            StackName=STACK_NAME, LogicalResourceId=logical_id
        )
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])
