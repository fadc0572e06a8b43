"""Gradual deployment, checked in SAM's translation, because the local stack does not have CodeDeploy."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from infra.aws.gradual import gradual, prepare
from infra.cloudformation import CloudFormation
from infra.parameters import parameters_of_template
from infra.template import functions, load
from tests.support.translated import deployed, translate

CANARY: Final = {"GradualDeployment": "Canary10Percent15Minutes"}
NAMES: Final = {function.name for function in functions()}


def translated(**more: str) -> dict[str, Any]:
    parameters = {**parameters_of_template(), **CANARY, **more}
    return translate(parameters, lambda template: gradual(template, parameters))


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return translated()


@pytest.fixture(scope="module")
def stack(template: dict[str, Any]) -> CloudFormation:
    return deployed(template, CANARY)


def test_crashes_of_a_function_shift_its_traffic_back(stack: CloudFormation) -> None:
    resources = stack.resources()
    groups = {
        name.removesuffix("DeploymentGroup"): one["Properties"]
        for name, one in resources.items()
        if one["Type"] == "AWS::CodeDeploy::DeploymentGroup"
    }
    assert groups.keys() == NAMES
    for name, group in groups.items():
        (alarm,) = group["AlarmConfiguration"]["Alarms"]
        watched = resources[alarm["Name"]]["Properties"]
        assert (watched["MetricName"], watched["Dimensions"][0]["Value"]) == ("Errors", name)
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert group["DeploymentConfigName"].endswith("LambdaCanary10Percent15Minutes")
        assert group["ServiceRoleArn"] == "DeploymentRole.Arn"


def test_every_call_uses_the_alias(stack: CloudFormation) -> None:
    """Otherwise, the call would reach the new version immediately."""
    resources = stack.resources()
    called: dict[str, set[str]] = {}
    for one in resources.values():
        properties = one.get("Properties", {})
        for field in ("IntegrationUri", "AuthorizerUri", "FunctionName"):
            if field in properties and one["Type"] not in {"AWS::Lambda::Version", "AWS::Lambda::Alias"}:
                called.setdefault(one["Type"], set()).add(properties[field])
    assert called.keys() == {
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::Lambda::Permission",
        "AWS::Lambda::EventSourceMapping",
    }
    for values in called.values():
        assert all("FunctionAliaslive" in value for value in values), values
    detector = resources["ApiFunction"]["Properties"]["Environment"]["Variables"]["DETECTOR_FUNCTION"]
    assert detector == "DetectorFunctionAliaslive"
    granted = resources["ApiRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [one["Resource"] for one in granted if one["Action"] == "lambda:InvokeFunction"] == [detector]


def versions(template: dict[str, Any]) -> set[str]:
    return {name for name, one in template["Resources"].items() if one["Type"] == "AWS::Lambda::Version"}


def test_a_changed_parameter_makes_new_versions(template: dict[str, Any]) -> None:
    """SAM itself would leave the alias at the old version, with the old value."""
    assert len(versions(template)) == len(NAMES)
    assert versions(translated()) == versions(template)
    assert not versions(translated(Quality="thorough")) & versions(template)


def test_old_versions_are_removed(template: dict[str, Any]) -> None:
    assert {template["Resources"][name]["DeletionPolicy"] for name in versions(template)} == {"Delete"}


def test_the_role_of_codedeploy_has_few_permissions(stack: CloudFormation) -> None:
    resources = stack.resources()
    assert "CodeDeployServiceRole" not in resources
    (policy,) = resources["DeploymentRole"]["Properties"]["Policies"]
    allowed = {str(one["Action"]): one["Resource"] for one in policy["PolicyDocument"]["Statement"]}
    assert [action for action, resource in allowed.items() if resource == "*"] == ["cloudwatch:DescribeAlarms"]


def test_linters_report_nothing(tmp_path: Path) -> None:
    whole = tmp_path / "template.json"
    whole.write_text(json.dumps(gradual(load(), {**parameters_of_template(), **CANARY})))
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--ignore-checks",
        "W8001,W1030,W1100",
        "--",
        str(whole),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_by_default_there_is_neither_alias_nor_codedeploy() -> None:
    kinds = {one["Type"] for one in deployed(translate()).resources().values()}
    assert not {"AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::CodeDeploy::Application"} & kinds
    assert "DeploymentRole" not in deployed(translate()).resources()


def test_the_built_template_is_deployed_unchanged_by_default(tmp_path: Path) -> None:
    built = tmp_path / "template.yaml"
    built.write_text(
        "Resources:\n"
        "  ApiFunction:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {CodeUri: ApiFunction, Environment: {Variables: {A: b}}}\n"
        "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: operations.yaml}}\n"
    )
    assert prepare(built, {"GradualDeployment": "none"}) == built
    prepared = prepare(built, CANARY)
    assert prepared.parent == built.parent
    resources = json.loads(prepared.read_text())["Resources"]
    assert resources["Fn::Transform"]["Parameters"]["Location"] == "operations.yaml"
    assert resources["ApiFunction"]["Properties"]["CodeUri"] == "ApiFunction"
    assert resources["ApiFunction"]["Properties"]["AutoPublishAlias"] == "live"
