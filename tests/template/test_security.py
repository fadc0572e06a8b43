"""Who may do what, and what nobody else can see."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.template import Resource, functions, load, resources

FUNCTIONS = {function.name: function for function in functions()}

# One verb, alone and in batches; the local stack knows the second by a name that AWS does not have.
BATCHES = "sqs:SendMessage*"


def statements(function: Resource) -> Iterator[dict[str, Any]]:
    for policy in function.properties["Policies"]:
        yield from policy["Statement"]


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_role_of_its_own(name: str) -> None:
    # Without `Role`, SAM makes one from the policies, for this function alone.
    assert "Role" not in FUNCTIONS[name].properties
    assert list(statements(FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_may_touch_everything(name: str) -> None:
    for statement in statements(FUNCTIONS[name]):
        assert statement["Effect"] == "Allow"
        assert not [action for action in listed(statement["Action"]) if "*" in action and action != BATCHES]
        assert "*" not in listed(statement["Resource"])


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


@pytest.mark.parametrize("table", list(resources("AWS::DynamoDB::Table")), ids=lambda table: table.name)
def test_tables_are_encrypted(table: Resource) -> None:
    assert table.properties["SSESpecification"]["SSEEnabled"] is True


@pytest.mark.parametrize("policy", list(resources("AWS::SQS::QueuePolicy")), ids=lambda policy: policy.name)
def test_only_the_own_account_may_send_through_s3(policy: Resource) -> None:
    (statement,) = policy.properties["PolicyDocument"]["Statement"]
    bucket = "arn:${AWS::Partition}:s3:::${AWS::StackName}-originalsbucket-*"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": bucket}},
    }


def test_buckets_speak_tls_alone() -> None:
    policies = {policy.properties["Bucket"]["Ref"]: policy for policy in resources("AWS::S3::BucketPolicy")}
    for bucket in resources("AWS::S3::Bucket"):
        policy = policies[bucket.name]
        (statement,) = policy.properties["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert [bucket.name in str(arn) for arn in statement["Resource"]] == [True, True]


@pytest.mark.parametrize("stage", list(resources("AWS::ApiGatewayV2::Stage")), ids=lambda resource: resource.name)
def test_every_door_is_throttled(stage: Resource) -> None:
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0


def test_access_logs_hold_no_query_string() -> None:
    """A query may name a job, a ticket or a face's threshold; a path names a job at most."""
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


def test_no_parameter_has_a_secret_in_it() -> None:
    for name, parameter in load()["Parameters"].items():
        assert not any(word in name.lower() for word in ("password", "secret", "token")) or parameter.get("NoEcho"), (
            name
        )
