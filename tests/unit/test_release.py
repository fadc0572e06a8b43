"""What `make deploy` and `make delete` do before and besides calling SAM."""

import boto3
import pytest
from moto import mock_aws

from infra import release


def test_given_parameters_win_over_those_of_samconfig() -> None:
    found = release.parameters_of(
        "prod", ["LogRetentionDays=90", "Architecture=x86_64", "CorsOrigins=https://a.test,b=c"]
    )
    assert found["LogRetentionDays"] == "90"
    assert found["DetectorConcurrency"] == "50"
    assert found["Architecture"] == "x86_64"
    assert found["CorsOrigins"] == "https://a.test,b=c"


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(release.Refused, match="NAME=VALUE"):
        release.parameters_of("default", ["Quality"])


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(release.Refused, match="samconfig"):
        release.stack_of("staging")


def test_each_environment_is_a_stack_of_its_own() -> None:
    assert release.stack_of("default") != release.stack_of("prod")


def test_a_bucket_is_emptied_page_by_page() -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="originals")
        for number in range(1_005):
            s3.put_object(Bucket="originals", Key=f"originals/{number}", Body=b"")
        release.empty(s3, "originals")
        assert s3.list_objects_v2(Bucket="originals")["KeyCount"] == 0
