"""The example that posts events to a URL; CloudFormation cannot create it locally, so it is created with API calls."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from samcli.yamlhelper import parse_yaml_file

from infra import ROOT
from tests.support.endpoint import Endpoint
from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

SECRET = "a secret of at least 16 characters"


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def example(stack: Stack, server: Endpoint) -> Iterator[dict[str, Any]]:
    """Create the resources that docs/examples/rule-to-webhook.yaml describes, but for this bus and server."""
    resources = parse_yaml_file(str(ROOT / "docs/examples/rule-to-webhook.yaml"))["Resources"]
    described = {name: resource["Properties"] for name, resource in resources.items() if "Properties" in resource}
    connection, destination, rule = (described[name] for name in ("Connection", "Destination", "WebhookRule"))
    assert connection["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"] == {"Ref": "Secret"}
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["Destination", "Arn"]}
    events, name, bus = stack.aws.client("events"), "webhook", stack.outputs["EventBusName"]
    with ExitStack() as made:
        key = connection["AuthParameters"]["ApiKeyAuthParameters"] | {"ApiKeyValue": SECRET}
        connected = events.create_connection(
            Name=name, AuthorizationType=connection["AuthorizationType"], AuthParameters={"ApiKeyAuthParameters": key}
        )
        made.callback(events.delete_connection, Name=name)
        created = events.create_api_destination(
            Name=name,
            ConnectionArn=connected["ConnectionArn"],
            HttpMethod=destination["HttpMethod"],
            InvocationEndpoint=f"{server.url}/{name}",
            InvocationRateLimitPerSecond=destination["InvocationRateLimitPerSecond"],
        )
        made.callback(events.delete_api_destination, Name=name)
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(rule["EventPattern"]))
        made.callback(events.delete_rule, Name=name, EventBusName=bus)
        events.put_targets(
            Rule=name, EventBusName=bus, Targets=[{"Id": target["Id"], "Arn": created["ApiDestinationArn"]}]
        )
        made.callback(events.remove_targets, Rule=name, EventBusName=bus, Ids=[target["Id"]])
        yield described


def test_a_job_is_posted_with_the_secret(stack: Stack, server: Endpoint, example: dict[str, Any]) -> None:
    def heard() -> list[dict[str, Any]]:
        posted = [json.loads(body) for body in server.frames["webhook"]]
        return [event for event in posted if event["detail"]["job_id"] == job_id]

    job_id = stack.post_image(one_face(256))
    stack.wait_until(lambda: bool(heard()))
    (event,) = heard()
    assert (event["source"], event["detail-type"]) == ("facecast", "Job Completed")
    name = example["Connection"]["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyName"]
    sent = {header.lower(): value for headers in server.headers for header, value in headers.items()}
    assert sent[name.lower()] == SECRET
