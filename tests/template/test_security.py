"""Permissions, encryption, and what outsiders cannot see."""

import json
import re

import pytest

from infra import ROOT
from infra.template import Resource, load, resources


@pytest.mark.parametrize("bucket", list(resources("AWS::S3::Bucket")), ids=lambda bucket: bucket.name)
def test_buckets_are_private(bucket: Resource) -> None:
    blocked = bucket.properties["PublicAccessBlockConfiguration"]
    assert blocked == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert bucket.properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@pytest.mark.parametrize("queue", list(resources("AWS::SQS::Queue")), ids=lambda queue: queue.name)
def test_queues_are_encrypted(queue: Resource) -> None:
    assert queue.properties["SqsManagedSseEnabled"] is True


def test_buckets_require_tls() -> None:
    policies = {policy.properties["Bucket"]["Ref"]: policy for policy in resources("AWS::S3::BucketPolicy")}
    for bucket in resources("AWS::S3::Bucket"):
        policy = policies[bucket.name]
        (statement,) = policy.properties["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert [bucket.name in str(arn) for arn in statement["Resource"]] == [True, True]


@pytest.mark.parametrize("stage", list(resources("AWS::ApiGatewayV2::Stage")), ids=lambda resource: resource.name)
def test_every_stage_is_throttled(stage: Resource) -> None:
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0


def test_no_client_reads_a_header_that_api_gateway_may_rename() -> None:
    """WWW-Authenticate may arrive as x-amzn-Remapped-WWW-Authenticate."""
    read = [*(ROOT / "client").rglob("*.py"), *(ROOT / "functions/api/face_api/pages/static").glob("*.js")]
    assert {path.suffix for path in read} == {".py", ".js"}
    assert not [path for path in read if "www-authenticate" in path.read_text().lower()]


def test_access_logs_are_always_json() -> None:
    """`messageString` has its own quotation marks; inside those of the format, they would make a line invalid JSON."""
    (stage,) = (one for one in resources("AWS::ApiGatewayV2::Stage") if one.name == "HttpStage")
    line = stage.properties["AccessLogSettings"]["Format"]
    assert "$context.error.messageString" not in line
    assert json.loads(line.replace("$context.error.message", "Unauthorized"))["error"] == "Unauthorized"


def test_route_keys_are_valid_for_api_gateway() -> None:
    """No path ends in a slash: API Gateway or SAM would strip it, so it would collide with the same path without it."""
    for route in resources("AWS::ApiGatewayV2::Route"):
        key = route.properties["RouteKey"]
        assert key.startswith("$") or re.fullmatch(r"[A-Z]+ /(([\w.-]+|\{\w+\+?\})(/([\w.-]+|\{\w+\+?\}))*)?", key), key


def test_access_logs_contain_no_query_strings() -> None:
    """A query may contain a job, a ticket or a threshold; a path contains at most a job."""
    formats = {}
    for stage in resources("AWS::ApiGatewayV2::Stage"):
        settings = stage.properties["AccessLogSettings"]
        settings = settings["Fn::If"][1] if "Fn::If" in settings else settings
        formats[stage.name] = json.loads(settings["Format"])
    assert formats.keys() == {"HttpStage", "WebSocketStage"}
    for entries in formats.values():
        assert entries["status"] == "$context.status"
        named = " ".join(entries.values()).lower()
        assert not any(word in named for word in ("query", "raw", "header", "sourceip", "identity", "authorizer"))


@pytest.mark.parametrize("permission", list(resources("AWS::Lambda::Permission")), ids=lambda resource: resource.name)
def test_each_permission_names_its_source(permission: Resource) -> None:
    assert permission.properties["SourceArn"]


def test_no_parameter_contains_a_secret() -> None:
    for name, parameter in load()["Parameters"].items():
        assert not any(word in name.lower() for word in ("password", "secret", "token")) or parameter.get("NoEcho"), (
            name
        )
