"""Stored data expires, and is deleted with the stack."""

import pytest

from infra.template import Resource, functions, resources

STATEFUL = [
    resource
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup")
    for resource in resources(kind)
]


@pytest.mark.parametrize("resource", STATEFUL, ids=lambda resource: resource.name)
def test_nothing_outlives_the_stack(resource: Resource) -> None:
    # By default, CloudFormation deletes resources.
    assert resource.attributes.get("DeletionPolicy", "Delete") == "Delete"
    # If an update replaces a table, the old one is kept, and its jobs expire; losing them would be worse.
    replaced = "Retain" if resource.type == "AWS::DynamoDB::Table" else "Delete"
    assert resource.attributes.get("UpdateReplacePolicy", "Delete") == replaced


def test_each_function_has_its_own_log_group_that_expires() -> None:
    groups = {group.name: group for group in resources("AWS::Logs::LogGroup") if "Access" not in group.name}
    used = [function.properties["LoggingConfig"]["LogGroup"]["Ref"] for function in functions()]
    assert sorted(used) == sorted(groups)


@pytest.mark.parametrize("group", list(resources("AWS::Logs::LogGroup")), ids=lambda group: group.name)
def test_logs_expire(group: Resource) -> None:
    assert group.properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("layer", list(resources("AWS::Serverless::LayerVersion")), ids=lambda layer: layer.name)
def test_old_layers_are_removed(layer: Resource) -> None:
    assert layer.properties["RetentionPolicy"] == "Delete"


@pytest.mark.parametrize("bucket", list(resources("AWS::S3::Bucket")), ids=lambda bucket: bucket.name)
def test_objects_expire_with_their_job(bucket: Resource) -> None:
    (rule,) = bucket.properties["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == {"Ref": "JobKeptDays"}
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1


@pytest.mark.parametrize("table", list(resources("AWS::DynamoDB::Table")), ids=lambda table: table.name)
def test_rows_expire(table: Resource) -> None:
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    # A backup would keep deleted data.
    assert "PointInTimeRecoverySpecification" not in table.properties
