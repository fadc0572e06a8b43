"""Reads a stack from CloudFormation: its parameters, and whether it can be deployed now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import boto3
from botocore.exceptions import ClientError

from infra.errors import CommandFailed

# A change set exists, but nothing was ever deployed.
_REVIEW: Final = "REVIEW_IN_PROGRESS"
# The first deployment or a deletion failed, so the stack can only be deleted, not updated.
_DEAD: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})


@dataclass(frozen=True)
class DeployedStack:
    name: str
    status: str
    changed: datetime
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def is_deployed(self) -> bool:
        return self.status.endswith("_COMPLETE") and self.status not in _DEAD

    @property
    def is_busy(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != _REVIEW

    @property
    def is_review(self) -> bool:
        return self.status == _REVIEW

    def check_ready(self) -> None:
        """Raise CommandFailed now if a deployment would fail later, after minutes of building."""
        if self.is_busy:
            raise CommandFailed(f"The stack {self.name} is {self.status}: wait until CloudFormation has finished.")
        if self.status in _DEAD:
            raise CommandFailed(
                f"The stack {self.name} is {self.status}: an earlier deployment failed, so it cannot be updated. "
                "Delete it (`make delete`, with the same ENVIRONMENT), then deploy again."
            )


def find(name: str) -> DeployedStack | None:
    try:
        [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
    return DeployedStack(
        name=name,
        status=stack["StackStatus"],
        changed=stack.get("LastUpdatedTime", stack["CreationTime"]),
        parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", ())},
        outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())},
    )


def buckets(name: str) -> Iterator[str]:
    """Yield the names of the stack's buckets; a stack may have more resources than fit into one page."""
    for page in boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name):
        for resource in page["StackResourceSummaries"]:
            is_there = resource["ResourceStatus"] != "DELETE_COMPLETE"
            if is_there and resource["ResourceType"] == "AWS::S3::Bucket" and resource.get("PhysicalResourceId"):
                yield resource["PhysicalResourceId"]


def discard_review(name: str) -> None:
    """Delete a stack that contains only a change set that was not executed."""
    boto3.client("cloudformation").delete_stack(StackName=name)
