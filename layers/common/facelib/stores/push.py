"""Posts frames to open WebSockets through API Gateway's @connections API.

Requests are signed and sent without a boto3 client: one connection pool for all threads, no parsing, no retries. The
measurements are in docs/decisions/0010-posting-to-listeners.md.
"""

from typing import Final
from urllib.parse import quote, urlsplit

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from facelib.errors import ConnectionGone, DeliveryFailed
from facelib.stores.threads import THREADS

_TIMEOUT: Final = urllib3.Timeout(connect=2, read=3)


class ConnectionsApi:
    """Client of the @connections API; thread-safe."""

    def __init__(self, callback_url: str) -> None:
        session = boto3.Session()
        self._credentials = session.get_credentials()
        self._region = session.region_name
        self._url = f"{callback_url}/@connections/"
        self._pool = urllib3.connection_from_url(
            callback_url, maxsize=THREADS, block=False, timeout=_TIMEOUT, retries=False
        )

    def post(self, connection_id: str, frame: bytes) -> None:
        """Post a frame. Raises ConnectionGone, or DeliveryFailed for anything a later attempt may solve."""
        url = self._url + quote(connection_id, safe="")
        try:
            response = self._pool.urlopen("POST", urlsplit(url).path, body=frame, headers=self._signed(url, frame))
        except urllib3.exceptions.HTTPError as error:
            raise DeliveryFailed(type(error).__name__) from error
        if response.status == 410:
            raise ConnectionGone
        if response.status != 200:
            raise DeliveryFailed(f"HTTP {response.status}")

    def _signed(self, url: str, frame: bytes) -> dict[str, str]:
        request = AWSRequest("POST", url, data=frame)
        assert self._credentials is not None, "a function has credentials"
        # Frozen for each request, so that refreshed credentials are used.
        SigV4Auth(self._credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())
