"""SAM's translation of the template, which contains more than template.yaml."""

import graphlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from infra.cloudformation import CloudFormation
from infra.template import mentioned
from tests.support.translated import deployed, translate

# Actions without resource-level permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/
WITHOUT_RESOURCE: Final = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# On AWS, one action covers single messages and batches; the local stack has a second one, for batches.
BATCHES: Final = "sqs:SendMessage*"
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
RESERVED_VARIABLES: Final = {"_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "TZ"}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
RESOURCES: Final = 500
OUTPUTS = PARAMETERS = 200
TEMPLATE_BYTES: Final = 1_000_000
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ENVIRONMENT_BYTES: Final = 4_096
# For all inline policies of a role together: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_CHARACTERS: Final = 10_240
LONGEST_STACK_NAME: Final = "a" * 32
# Maximum number of characters of each property: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
LENGTHS: Final = {
    ("AWS::S3::Bucket", "BucketName"): 63,
    ("AWS::Lambda::Function", "Description"): 256,
    ("AWS::Lambda::LayerVersion", "LayerName"): 140,
    ("AWS::Lambda::LayerVersion", "Description"): 256,
    ("AWS::CloudWatch::Alarm", "AlarmDescription"): 1_024,
    ("AWS::CloudWatch::Dashboard", "DashboardName"): 255,
    ("AWS::ApiGatewayV2::Api", "Name"): 128,
    ("AWS::Events::EventBus", "Name"): 256,
    ("AWS::Logs::LogGroup", "LogGroupName"): 512,
}


@pytest.fixture(scope="session")
def stack(translated: dict[str, Any]) -> CloudFormation:
    return deployed(translated)


def of_type(resources: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: one.get("Properties", {}) for name, one in resources.items() if one["Type"] == kind}


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def roles(stack: CloudFormation) -> dict[str, dict[str, Any]]:
    return of_type(stack.resources(), "AWS::IAM::Role")


def test_each_function_has_its_own_role(stack: CloudFormation) -> None:
    used = [function["Role"] for function in of_type(stack.resources(), "AWS::Lambda::Function").values()]
    assert len(used) == len(set(used))
    for role in used:
        assumes = roles(stack)[role.removesuffix(".Arn")]["AssumeRolePolicyDocument"]["Statement"]
        assert [one["Principal"] for one in assumes] == [{"Service": "lambda.amazonaws.com"}]


@pytest.mark.parametrize("tracing", ["PassThrough", "Active"])
def test_no_role_has_access_to_everything(tracing: str) -> None:
    """No managed policies and no wildcards, except for actions that do not support resources."""
    parameters = {"Tracing": tracing}
    for name, role in roles(deployed(translate(parameters), parameters)).items():
        assert "ManagedPolicyArns" not in role, name
        for statement in statements(role):
            actions = set(listed(statement["Action"]))
            assert statement["Effect"] == "Allow"
            assert not [action for action in actions if "*" in action and action != BATCHES], name
            if "*" in listed(statement["Resource"]):
                assert (tracing, actions) == ("Active", WITHOUT_RESOURCE), name


def test_a_function_reads_only_its_own_queues_and_streams(stack: CloudFormation) -> None:
    resources = stack.resources()
    sources: dict[str, set[str]] = {}
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        role = resources[mapping["FunctionName"]]["Properties"]["Role"].removesuffix(".Arn")
        sources.setdefault(role, set()).add(mapping["EventSourceArn"])
    taken: dict[str, set[str]] = {}
    for name, role in roles(stack).items():
        for statement in statements(role):
            if {"sqs:ReceiveMessage", "dynamodb:GetRecords"} & set(listed(statement["Action"])):
                taken.setdefault(name, set()).update(listed(statement["Resource"]))
    assert taken == sources


def test_a_function_writes_only_to_its_own_log(stack: CloudFormation) -> None:
    for name, function in of_type(stack.resources(), "AWS::Lambda::Function").items():
        role = roles(stack)[function["Role"].removesuffix(".Arn")]
        written = [one["Resource"] for one in statements(role) if "logs:PutLogEvents" in listed(one["Action"])]
        assert written == [f"{function['LoggingConfig']['LogGroup']}.Arn"], name


def test_nothing_depends_on_itself(translated: dict[str, Any]) -> None:
    resources = translated["Resources"]
    graph = {
        name: {other for other in mentioned(resource) if other in resources}
        | set(listed(resource.get("DependsOn", [])))
        for name, resource in resources.items()
    }
    # Raises CycleError, which contains the cycle.
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(resources)


def test_the_template_fits_into_cloudformation(translated: dict[str, Any]) -> None:
    assert len(translated["Resources"]) <= RESOURCES
    assert len(translated["Outputs"]) <= OUTPUTS
    assert len(translated["Parameters"]) <= PARAMETERS
    assert len(json.dumps(translated, indent=2)) < TEMPLATE_BYTES


def test_no_variable_is_reserved_or_too_large(stack: CloudFormation) -> None:
    for name, function in of_type(stack.resources(), "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        assert not [one for one in variables if one in RESERVED_VARIABLES or one.startswith(("AWS_", "LAMBDA_"))], name
        assert all(isinstance(value, str | int) for value in variables.values()), name
        # References are logical ids here; the actual ARNs and URLs are up to 200 characters longer.
        longer = [0 if str(value).isdigit() else 200 for value in variables.values()]
        size = sum(map(len, variables)) + sum(len(str(value)) for value in variables.values()) + sum(longer)
        assert size < ENVIRONMENT_BYTES, name


def test_policies_are_short_enough(stack: CloudFormation) -> None:
    for name, role in roles(stack).items():
        # A resolved ARN has up to 150 characters more than its reference.
        resources = sum(len(listed(one["Resource"])) for one in statements(role))
        assert len(json.dumps(role["Policies"])) + 150 * resources < ROLE_CHARACTERS, name


def test_names_are_short_enough(translated: dict[str, Any]) -> None:
    """Checks the names in the template; CloudFormation shortens all others."""
    stack = deployed(translated, {"AWS::StackName": LONGEST_STACK_NAME, "StreamAccessLogging": "true"})
    checked = set()
    for name, resource in stack.resources().items():
        for (kind, field), most in LENGTHS.items():
            if resource["Type"] == kind and (value := resource["Properties"].get(field)):
                checked.add((kind, field))
                assert len(value) <= most, f"{name}.{field}: {value}"
    assert checked == set(LENGTHS)


def test_only_the_stacks_own_bucket_may_send_to_its_queues(stack: CloudFormation) -> None:
    """The template names the bucket: CloudFormation might shorten a generated name, so a pattern might not match it."""
    resources = stack.resources()
    bucket = resources["OriginalsBucket"]["Properties"]["BucketName"]
    policies = of_type(resources, "AWS::SQS::QueuePolicy")
    assert policies.keys() == {"DetectQueuePolicy", "IntakeQueuePolicy"}
    for policy in policies.values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
        }


def test_two_stacks_share_neither_metrics_nor_alarms(translated: dict[str, Any]) -> None:
    """A test stack must not wake the operator of another stack in the same account."""
    for name in ("facecast", "facecast-test"):
        stack = deployed(translated, {"AWS::StackName": name})
        own = f"Facecast/{name}"
        resources = stack.resources()
        for function in of_type(resources, "AWS::Lambda::Function").values():
            assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == own
        watched = json.dumps([of_type(resources, f"AWS::CloudWatch::{kind}") for kind in ("Alarm", "Dashboard")])
        assert watched.count("Facecast") == watched.count(own)
        assert own in watched


def test_tables_are_encrypted_with_the_free_key(stack: CloudFormation) -> None:
    """Without SSESpecification, DynamoDB uses its own key; otherwise, AWS charges for requests to KMS."""
    tables = of_type(stack.resources(), "AWS::DynamoDB::Table")
    assert tables
    assert not [name for name, table in tables.items() if "SSESpecification" in table]


def test_access_logs_do_not_need_a_separate_policy(translated: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html."""
    resources = deployed(translated, {"StreamAccessLogging": "true"}).resources()
    for name in ("HttpAccessLogs", "StreamAccessLogs"):
        assert resources[name]["Properties"]["LogGroupName"].startswith("/aws/vendedlogs/facecast/")


def test_tracing_is_off_by_default() -> None:
    for tracing, is_disabled in (("PassThrough", "true"), ("Active", "false")):
        parameters = {"Tracing": tracing} if tracing == "Active" else {}
        functions = of_type(deployed(translate(parameters), parameters).resources(), "AWS::Lambda::Function")
        for function in functions.values():
            assert function["TracingConfig"] == {"Mode": tracing}
            assert function["Environment"]["Variables"]["POWERTOOLS_TRACE_DISABLED"] == is_disabled
