"""Posts frames to open WebSockets through API Gateway's @connections API.

Requests are signed by botocore and sent by http.client, without a boto3 client: one connection per thread, no parsing,
no retries. The measurements are in docs/decisions/0010-posting-to-listeners.md.
"""

import threading
import weakref
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import quote, urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3.util.wait import wait_for_read

from facelib.errors import ConnectionGone, DeliveryFailed

_TIMEOUT_SECONDS: Final = 3


class ConnectionsApi:
    """Client of the @connections API; thread-safe."""

    def __init__(self, callback_url: str) -> None:
        session = boto3.Session()
        self._credentials = session.get_credentials()
        self._region = session.region_name
        self._url = f"{callback_url}/@connections/"
        self._of_thread = threading.local()
        self._connections: list[HTTPConnection] = []
        weakref.finalize(self, _close, self._connections)

    def post(self, connection_id: str, frame: bytes) -> None:
        """Post a frame. Raises ConnectionGone, or DeliveryFailed for anything a later attempt may solve."""
        url = self._url + quote(connection_id, safe="")
        try:
            status = self._send(urlsplit(url).path, frame, self._signed(url, frame))
        except (OSError, HTTPException) as error:
            raise DeliveryFailed(type(error).__name__) from error
        if status == 410:
            raise ConnectionGone
        if status != 200:
            raise DeliveryFailed(f"HTTP {status}")

    def _send(self, path: str, frame: bytes, headers: dict[str, str]) -> int:
        connection = self._connection()
        try:
            connection.request("POST", path, frame, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            connection.close()
            raise
        return response.status

    def _connection(self) -> HTTPConnection:
        """Return this thread's connection, which opens itself again once it is closed."""
        connection: HTTPConnection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            address = urlsplit(self._url)
            connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
            connection = self._of_thread.connection = connect(address.netloc, timeout=_TIMEOUT_SECONDS)
            self._connections.append(connection)
        elif connection.sock and wait_for_read(connection.sock, timeout=0):
            # Nothing is owed between two requests: the other side has closed the connection, as it does when idle.
            connection.close()
        return connection

    def _signed(self, url: str, frame: bytes) -> dict[str, str]:
        request = AWSRequest("POST", url, data=frame)
        assert self._credentials is not None, "a function has credentials"
        # Frozen for each request, so that refreshed credentials are used.
        SigV4Auth(self._credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())


def _close(connections: list[HTTPConnection]) -> None:
    for connection in connections:
        connection.close()
