"""The AWS calls in the code match botocore's models: operations, parameters and required parameters.

When a unit test makes a call, the values of its parameters are also checked: see `tests/support/strict_parameters.py`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from infra import ROOT

# The functions of facelib.stores.clients and the names of local clients, each with the service that it calls.
CLIENTS: Final = {
    "dynamodb": "dynamodb",
    "s3": "s3",
    "sqs": "sqs",
    "event_bridge": "events",
    "lambda_": "lambda",
}
# Attributes of boto3's clients that are not operations of AWS.
OF_BOTO3: Final = {
    "generate_presigned_url",
    "generate_presigned_post",
    "get_paginator",
    "get_waiter",
    "meta",
    "exceptions",
}
# Files without a match are not parsed.
CLIENT: Final = re.compile(rf"\.client\(|\b(?:{'|'.join(CLIENTS)})\(")
SOURCES: Final = sorted(
    path
    for folder in ("layers/common/facelib", "functions", "infra")
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
)


def service_of(node: ast.expr) -> str | None:
    """Return the service of a client that is created by a call such as `dynamodb()` or `X.client("dynamodb")`."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return CLIENTS.get(node.func.id)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "client" and node.args:
        name = node.args[0]
        return str(name.value) if isinstance(name, ast.Constant) else None
    return None


def calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield the service, the method and the node of each call of a boto3 client."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)) if CLIENT.search(text) else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            service = service_of(node.func.value)
            if service and node.func.attr not in OF_BOTO3:
                yield service, node.func.attr, node


CALLS: Final = [
    pytest.param(service, method, call, id=f"{path.relative_to(ROOT)}:{call.lineno}-{method}")
    for path in SOURCES
    for service, method, call in calls(path)
]


def test_calls_are_found() -> None:
    assert len(CALLS) > 40


@cache
def model_of(service: str) -> ServiceModel:
    model: ServiceModel = botocore.session.get_session().get_service_model(service)
    return model


@pytest.mark.parametrize(("service", "method", "call"), CALLS)
def test_a_call_is_valid_in_aws(service: str, method: str, call: ast.Call) -> None:
    model = model_of(service)
    operations = {xform_name(name): name for name in model.operation_names}
    assert method in operations
    shape = model.operation_model(operations[method]).input_shape
    given = {keyword.arg for keyword in call.keywords}
    members = set(shape.members) if shape else set()
    assert given - {None} <= members
    # A dictionary that is passed with `**` may contain the required parameters.
    assert None in given or set(shape.required_members if shape else ()) <= given
