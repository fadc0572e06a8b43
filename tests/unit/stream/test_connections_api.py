"""Posting a frame: the request to API Gateway, and the meaning of its responses."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from facelib.domain.errors import ConnectionGone, DeliveryFailed
from facelib.stores import clients
from facelib.stores.listeners.connections_api import ConnectionsApi

from tests.support.endpoint import Endpoint
from tests.support.stream import Queue

CONNECTION = "L0SM9cOFvHcCIhw="


def test_a_frame_arrives_unchanged(cloud: Queue, endpoint: Endpoint) -> None:
    ConnectionsApi(endpoint.url).post(CONNECTION, b'{"events":[]}')

    assert endpoint.frames[CONNECTION] == [b'{"events":[]}']
    assert endpoint.paths == ["/ws/@connections/L0SM9cOFvHcCIhw%3D"]


def test_the_signature_equals_that_of_boto3(cloud: Queue, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setattr(clients, "session", boto3.Session)
    sent: list[AWSPreparedRequest] = []
    client = boto3.Session().client(
        "apigatewaymanagementapi", endpoint_url=endpoint.url, config=Config(retries={"total_max_attempts": 1})
    )
    client.meta.events.register("before-send.*", lambda request, **_: sent.append(request))
    moment = datetime.now(UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda **_: moment.replace(tzinfo=None))

    client.post_to_connection(ConnectionId=CONNECTION, Data=b"frame")
    ConnectionsApi(endpoint.url).post(CONNECTION, b"frame")

    ours = {name.lower(): value for name, value in endpoint.headers[-1].items()}
    theirs = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in sent[0].headers.items()
    }
    assert ours["x-amz-security-token"] == "token"
    assert ours["authorization"] == theirs["authorization"]


@pytest.mark.parametrize(
    ("status", "error"), [(410, ConnectionGone), (429, DeliveryFailed), (500, DeliveryFailed), (403, DeliveryFailed)]
)
def test_each_error_status_raises_its_exception(
    status: int, error: type[Exception], cloud: Queue, endpoint: Endpoint
) -> None:
    endpoint.script = lambda *_: status

    with pytest.raises(error):
        ConnectionsApi(endpoint.url).post(CONNECTION, b"frame")


def test_a_post_without_a_response_is_a_temporary_failure(cloud: Queue) -> None:
    with pytest.raises(DeliveryFailed):
        ConnectionsApi("http://127.0.0.1:1/ws").post(CONNECTION, b"frame")


def test_credentials_are_renewed_when_they_expire(cloud: Queue, endpoint: Endpoint) -> None:
    renewed = iter(["first", "second"])

    def renew() -> dict[str, str]:
        return {
            "access_key": next(renewed),
            "secret_key": "secret",
            "token": "token",
            # Within botocore's refresh margin, so that every use renews the credentials.
            "expiry_time": (datetime.now(UTC) + timedelta(seconds=30)).isoformat(),
        }

    connections_api = ConnectionsApi(endpoint.url)
    connections_api._credentials = RefreshableCredentials.create_from_metadata(renew(), renew, "test")

    connections_api.post(CONNECTION, b"frame")

    assert "Credential=second/" in endpoint.headers[-1]["Authorization"]
