"""The commands in docs/alarms.md and docs/operations.md exist, and refer to resources of the stack."""

import json
import re
from collections.abc import Iterator
from typing import Final

import botocore.session
import pytest
from botocore import xform_name

from infra import ROOT
from infra.template import load

ALARMS: Final = (ROOT / "docs" / "alarms.md").read_text()
PAGES: Final = ALARMS + (ROOT / "docs" / "operations.md").read_text()
COMMANDS: Final = "\n".join(re.findall(r"```sh\n(.*?)```", PAGES, re.DOTALL))
# Options of the AWS CLI itself, not of an operation.
OF_THE_CLI: Final = {"query", "output", "max-items"}
CODE: Final = "\n".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))


def calls() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the service, operation and options of each AWS CLI command."""
    for service, operation, rest in re.findall(r"\baws ([a-z-]+) ([a-z-]+)([^;\n]*)", COMMANDS):
        yield service, operation, sorted(re.findall(r" --([a-z-]+)", rest))


@pytest.mark.parametrize(("service", "operation", "options"), sorted(calls()))
def test_aws_cli_commands_exist(service: str, operation: str, options: list[str]) -> None:
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in operations
    shape = model.operation_model(operations[operation]).input_shape
    assert shape
    members = {xform_name(name, "-") for name in shape.members}
    assert set(options) - OF_THE_CLI <= members
    required = {xform_name(name, "-") for name in shape.required_members}
    assert required <= set(options)


def test_resources_in_commands_exist_in_the_stack() -> None:
    resources = load()["Resources"]
    named = set(re.findall(r"\b(?:resource|arn) (\w+)", COMMANDS))
    assert len(named) > 5
    assert named <= resources.keys()


def test_searched_log_messages_exist() -> None:
    searched = set(re.findall(r"--filter-pattern '\"([^\"]+)\"'", PAGES)) - {"JOB_ID"}
    assert searched
    assert not [text for text in searched if text not in CODE]


def test_parameters_in_commands_exist_in_the_template() -> None:
    parameters = load()["Parameters"]
    named = {pair for pairs in re.findall(r'PARAMETERS="([^"]+)"', PAGES) for pair in pairs.split()}
    assert named
    assert {pair.partition("=")[0] for pair in named} <= parameters.keys()


def test_the_page_begins_with_a_table_of_all_alarms() -> None:
    first = ALARMS.partition("\n### ")[0]
    anchors = {
        re.sub(r".*#", "", str(resource["Properties"]["AlarmDescription"]))
        for resource in load()["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert set(re.findall(r"\(#(\w+)\)", first)) == anchors, json.dumps(sorted(anchors))
