"""Frames to open WebSockets, through API Gateway's @connections address.

A request is signed and sent here without a boto3 client: one connection pool for all threads, no parsing, no retries of
its own. docs/decisions/0010-posting-to-listeners.md has what was measured.
"""

from typing import Final
from urllib.parse import quote, urlsplit

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from facelib.errors import ConnectionGone, DeliveryFailed

# How many requests may be under way at once.
THREADS: Final = 16
_TIMEOUT: Final = urllib3.Timeout(connect=2, read=3)


class ConnectionsApi:
    """Posts frames; safe to use from many threads."""

    def __init__(self, callback_url: str) -> None:
        session = boto3.Session()
        self._credentials = session.get_credentials()
        self._region = session.region_name
        self._url = f"{callback_url}/@connections/"
        self._pool = urllib3.connection_from_url(
            callback_url, maxsize=THREADS, block=False, timeout=_TIMEOUT, retries=False
        )

    def post(self, connection_id: str, frame: bytes) -> None:
        """Raises ConnectionGone, or DeliveryFailed for anything that may work later."""
        url = self._url + quote(connection_id, safe="")
        try:
            answer = self._pool.urlopen("POST", urlsplit(url).path, body=frame, headers=self._signed(url, frame))
        except urllib3.exceptions.HTTPError as error:
            raise DeliveryFailed(type(error).__name__) from error
        if answer.status == 410:
            raise ConnectionGone
        if answer.status != 200:
            raise DeliveryFailed(f"HTTP {answer.status}")

    def _signed(self, url: str, frame: bytes) -> dict[str, str]:
        request = AWSRequest("POST", url, data=frame)
        assert self._credentials is not None, "a function has credentials"
        # Frozen again for each request, so that credentials that were refreshed are used.
        SigV4Auth(self._credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())
