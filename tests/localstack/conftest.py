"""LocalStack without a container, with the template's storage."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import boto3
import pytest
from botocore.config import Config
from facelib.stores import clients

from infra.local import localstack
from infra.local.layout import LocalStack
from infra.local.server import running
from infra.parameters import parameters_of_template
from tests.support.localstack import Storage, template_of_storage
from tests.support.ports import free_port
from tests.support.stack import wait_until

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_NAME: Final = "facecast"
_CLIENTS: Final = (clients.s3, clients.sqs, clients.dynamodb, clients.event_bridge)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Deploy the template's storage, and make the functions' clients use it until the end of the module."""
    if not localstack.is_installed():
        pytest.skip("LocalStack is not installed: make test-localstack, with Python 3.12 or 3.13")
    folder = tmp_path_factory.mktemp("localstack")
    ministack = LocalStack(free_port(), folder=folder / "ministack")
    with ExitStack() as stack:
        stack.enter_context(running(ministack, checks_access=False))
        url = stack.enter_context(localstack.running(free_port(), ministack.port, folder))
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("AWS_ENDPOINT_URL", url)
        for client in _CLIENTS:
            client.cache_clear()
            stack.callback(client.cache_clear)
        yield Storage(url, _deployed())


def _deployed() -> dict[str, str]:
    # Without retries, because a retry would replace the actual error with "already exists".
    cloudformation = boto3.client("cloudformation", config=Config(retries={"total_max_attempts": 1}))
    parameters: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in parameters_of_template().items()
    ]
    cloudformation.create_stack(StackName=_NAME, TemplateBody=json.dumps(template_of_storage()), Parameters=parameters)

    def status() -> str:
        [stack] = cloudformation.describe_stacks(StackName=_NAME)["Stacks"]
        return str(stack["StackStatus"])

    wait_until(lambda: not status().endswith("_IN_PROGRESS"))
    assert status() == "CREATE_COMPLETE"
    listed = cloudformation.get_paginator("list_stack_resources").paginate(StackName=_NAME)
    resources = [each for page in listed for each in page["StackResourceSummaries"]]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
