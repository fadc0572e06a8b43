"""Posts frames to open WebSockets through API Gateway's @connections API.

Requests are signed by botocore and sent by http.client, without a boto3 client: one connection per thread, no parsing,
no retries. The measurements are in docs/decisions/0010-posting-to-listeners.md.
"""

import threading
import weakref
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3.util.wait import wait_for_read

from facelib.domain.errors import ConnectionGone, DeliveryFailed
from facelib.stores import clients

_TIMEOUT_SECONDS: Final = 3


class ConnectionsApi:
    """A thread-safe client of the @connections API."""

    def __init__(self, callback_url: str) -> None:
        session = clients.session()
        self._credentials = session.get_credentials()
        self._region = session.region_name
        self._url = f"{callback_url}/@connections/"
        self._of_thread = threading.local()
        self._connections: list[HTTPConnection] = []
        weakref.finalize(self, _close, self._connections)

    def post(self, connection_id: str, frame: bytes) -> None:
        """Post a frame. Raises ConnectionGone, or DeliveryFailed if a later attempt may succeed."""
        self._call("POST", connection_id, frame, success=200)

    def close(self, connection_id: str) -> None:
        """Close a connection. Raises ConnectionGone or DeliveryFailed."""
        self._call("DELETE", connection_id, b"", success=204)

    def _call(self, method: str, connection_id: str, body: bytes, success: int) -> None:
        url = self._url + quote(connection_id, safe="")
        try:
            status = self._send(method, urlsplit(url).path, body, self._signed(method, url, body))
        except (OSError, HTTPException) as error:
            raise DeliveryFailed(type(error).__name__) from error
        if status == 410:
            raise ConnectionGone
        if status != success:
            raise DeliveryFailed(f"HTTP {status}")

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            connection.close()
            raise
        return response.status

    def _connection(self) -> HTTPConnection:
        """Return this thread's connection, which reopens itself if it has been closed."""
        connection: HTTPConnection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            address = urlsplit(self._url)
            connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
            connection = self._of_thread.connection = connect(address.netloc, timeout=_TIMEOUT_SECONDS)
            self._connections.append(connection)
        elif connection.sock and wait_for_read(connection.sock, timeout=0):
            # Readable data between two requests means that the other side has closed the idle connection.
            connection.close()
        return connection

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, str]:
        request = AWSRequest(method, url, data=body)
        assert self._credentials is not None, "no AWS credentials found"
        # The credentials are read for each request, so that refreshed ones are used.
        SigV4Auth(self._credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())


def _close(connections: list[HTTPConnection]) -> None:
    for connection in connections:
        connection.close()
