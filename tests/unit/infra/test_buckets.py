"""How `make delete` finds the buckets of a stack and empties them."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from infra.aws import release
from infra.aws import stack as stacks
from infra.errors import CommandFailed
from tests.support.account import empty_account


def test_a_bucket_is_emptied_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    with empty_account():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="originals")
        for number in range(25):
            s3.put_object(Bucket="originals", Key=f"originals/{number}", Body=b"")
        assert s3.list_objects_v2(Bucket="originals")["KeyCount"] == 10
        release.empty(s3, "originals")
        assert s3.list_objects_v2(Bucket="originals")["KeyCount"] == 0


def test_all_buckets_of_a_large_stack_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation lists a hundred resources per page."""
    client = boto3.client("cloudformation", region_name="us-east-1")
    common = {"LastUpdatedTimestamp": datetime(2026, 1, 1, tzinfo=UTC), "ResourceStatus": "CREATE_COMPLETE"}
    role = {"LogicalResourceId": "R", "ResourceType": "AWS::IAM::Role", **common}
    bucket = {"ResourceType": "AWS::S3::Bucket", **common}
    pages = [
        [role] * 99 + [{"LogicalResourceId": "A", "PhysicalResourceId": "a", **bucket}],
        [
            {"LogicalResourceId": "B", "PhysicalResourceId": "b", **bucket},
            {"LogicalResourceId": "C", "PhysicalResourceId": "c", **bucket, "ResourceStatus": "DELETE_COMPLETE"},
        ],
    ]
    with Stubber(client) as stub:
        stub.add_response(
            "list_stack_resources", {"StackResourceSummaries": pages[0], "NextToken": "1"}, {"StackName": "facecast"}
        )
        stub.add_response(
            "list_stack_resources", {"StackResourceSummaries": pages[1]}, {"StackName": "facecast", "NextToken": "1"}
        )
        monkeypatch.setattr(boto3, "client", lambda *_: client)
        assert list(stacks.buckets("facecast")) == ["a", "b"]


def test_an_object_that_s3_does_not_delete_is_an_error() -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_response("list_objects_v2", {"Contents": [{"Key": "originals/1"}]})
        stub.add_response("delete_objects", {"Errors": [{"Key": "originals/1", "Message": "Access Denied"}]})
        with pytest.raises(CommandFailed, match=r"originals/1 \(Access Denied\)"):
            release.empty(client, "originals")
