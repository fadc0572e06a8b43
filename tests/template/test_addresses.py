"""Addresses in the template, in every partition and with custom domain names."""

from typing import Any, Final

import pytest

from infra.cloudformation import CloudFormation, Region
from infra.template import load
from tests.support.regions import REGIONS

OWN: Final = {
    "HttpDomain": "faces.example.org",
    "StreamDomain": "stream.example.org",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/0b9f3a0e",
}
CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
SMALL: Final = {
    "af-south-1",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "mx-central-1",
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return load()


def variables(stack: CloudFormation) -> dict[str, set[str]]:
    """Return all values that each environment variable has in the functions."""
    found: dict[str, set[str]] = {}
    for resource in stack.resources().values():
        if resource["Type"] == "AWS::Serverless::Function":
            for name, value in resource["Properties"]["Environment"]["Variables"].items():
                found.setdefault(name, set()).add(str(value))
    return found


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_the_addresses_are_those_of_the_region(template: dict[str, Any], region: Region) -> None:
    stack = CloudFormation(template, {}, region)
    domain = f"execute-api.{region.name}.{region.suffix}"
    addresses, outputs = variables(stack), stack.outputs()
    assert addresses["PUBLIC_URL"] == {f"https://HttpApi.{domain}"} == {outputs["HttpUrl"]}
    assert addresses["STREAM_URL"] == {f"wss://WebSocketApi.{domain}/ws"} == {outputs["StreamUrl"]}
    assert addresses["CALLBACK_URL"] == {f"https://WebSocketApi.{domain}/ws"}
    assert outputs["DocsUrl"] == f"https://HttpApi.{domain}/docs"
    assert outputs["DashboardUrl"].startswith(
        f"https://{CONSOLES[region.partition]}/cloudwatch/home?region={region.name}"
    )


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_no_arn_names_another_partition(template: dict[str, Any], region: Region) -> None:
    text = str(CloudFormation(template, {}, region).resources())
    assert text.count("arn:") == text.count(f"arn:{region.partition}:")
    assert text.count(f"arn:{region.partition}:") > 10


def test_custom_domain_names_are_used_in_all_addresses(template: dict[str, Any]) -> None:
    stack = CloudFormation(template, OWN, Region(name="eu-central-1"))
    addresses, outputs = variables(stack), stack.outputs()
    assert addresses["PUBLIC_URL"] == {"https://faces.example.org"} == {outputs["HttpUrl"]}
    assert addresses["STREAM_URL"] == {"wss://stream.example.org/ws"} == {outputs["StreamUrl"]}
    assert outputs["DocsUrl"] == "https://faces.example.org/docs"
    # The service itself posts to connections at API Gateway's address, which does not depend on DNS.
    assert addresses["CALLBACK_URL"] == {"https://WebSocketApi.execute-api.eu-central-1.amazonaws.com/ws"}
    resources = stack.resources()
    for domain, mapping, api, stage in (
        ("HttpDomainName", "HttpDomainMapping", "HttpApi", "HttpStage"),
        ("StreamDomainName", "StreamDomainMapping", "WebSocketApi", "WebSocketStage"),
    ):
        (configuration,) = resources[domain]["Properties"]["DomainNameConfigurations"]
        assert configuration["CertificateArn"] == OWN["CertificateArn"]
        assert configuration["EndpointType"] == "REGIONAL"
        assert (resources[mapping]["Properties"]["ApiId"], resources[mapping]["Properties"]["Stage"]) == (api, stage)
    # A mapping replaces the stage in the path, so the stream has the same path with every domain name.
    assert resources["StreamDomainMapping"]["Properties"]["ApiMappingKey"] == "ws"
    assert (outputs["HttpDomainTarget"], outputs["StreamDomainTarget"]) == (
        "HttpDomainName.RegionalDomainName",
        "StreamDomainName.RegionalDomainName",
    )


def test_by_default_there_is_no_custom_domain(template: dict[str, Any]) -> None:
    stack = CloudFormation(template, {})
    assert not [one for one in stack.resources().values() if one["Type"].startswith("AWS::ApiGatewayV2::Domain")]
    assert not [name for name in stack.outputs() if name.endswith("Target")]


def test_each_domain_name_can_be_used_without_the_other(template: dict[str, Any]) -> None:
    stack = CloudFormation(template, {**OWN, "StreamDomain": ""}, Region(name="eu-central-1"))
    assert stack.outputs()["HttpUrl"] == "https://faces.example.org"
    assert stack.outputs()["StreamUrl"] == "wss://WebSocketApi.execute-api.eu-central-1.amazonaws.com/ws"


@pytest.mark.parametrize("name", sorted(SMALL | {region.name for region in REGIONS}))
def test_posts_are_within_the_quota_of_the_region(template: dict[str, Any], name: str) -> None:
    region = Region(name=name)
    posts = variables(CloudFormation(template, {}, region))["POSTS_PER_SECOND"]
    assert posts == {"2500" if name in SMALL else "10000"}
    assert variables(CloudFormation(template, {"PostsPerSecond": "40000"}, region))["POSTS_PER_SECOND"] == {"40000"}
