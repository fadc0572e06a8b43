"""What `make deploy` and `make delete` do before and besides calling SAM."""

import io
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
import pytest
from face_models import CENTERFACE
from moto import mock_aws

from infra.aws import release
from infra.errors import Refused


def test_given_parameters_win_over_those_of_samconfig() -> None:
    parameters = release.parameters_of(
        "prod", ["LogRetentionDays=90", "Architecture=x86_64", "CorsOrigins=https://a.test,b=c"]
    )
    assert parameters["LogRetentionDays"] == "90"
    assert parameters["DetectorConcurrency"] == "50"
    assert parameters["Architecture"] == "x86_64"
    assert parameters["CorsOrigins"] == "https://a.test,b=c"


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(Refused, match="NAME=VALUE"):
        release.parameters_of("default", ["Quality"])


def test_deploying_without_the_model_that_is_asked_for_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "template.yaml").touch()
    (tmp_path / CENTERFACE.file_name).touch()
    monkeypatch.setattr(release, "BUILD", tmp_path)
    with pytest.raises(Refused, match="make model MODEL=yunet"):
        release.deploy("default", {"Detector": "yunet"})


@pytest.mark.parametrize("environment", ["staging", "version", ""])
def test_an_unknown_environment_is_refused(environment: str) -> None:
    with pytest.raises(Refused, match="samconfig"):
        release.stack_of(environment)


def test_each_environment_is_a_stack_of_its_own() -> None:
    assert release.stack_of("default") != release.stack_of("prod")


def test_a_bucket_is_emptied_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="originals")
        for number in range(25):
            s3.put_object(Bucket="originals", Key=f"originals/{number}", Body=b"")
        assert s3.list_objects_v2(Bucket="originals")["KeyCount"] == 10
        release.empty(s3, "originals")
        assert s3.list_objects_v2(Bucket="originals")["KeyCount"] == 0


def test_deploy_takes_parameters_behind_its_options_and_names_its_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command line of the Makefile's target, word by word."""
    (tmp_path / "template.yaml").touch()
    (tmp_path / CENTERFACE.file_name).touch()
    called: list[Sequence[str]] = []
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(release, "BUILD", tmp_path)

    def sam(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        called.append(arguments)
        return subprocess.CompletedProcess(arguments, 0)

    monkeypatch.setattr(release, "sam", sam)
    monkeypatch.setattr("sys.argv", ["release", "deploy", "--environment", "default", "Architecture=arm64"])
    assert release.main() == 0
    assert called[0][-3:] == ["--parameter-overrides", "Architecture=arm64", "DetectionModels=centerface"]
    assert called[0][called[0].index("--config-file") + 1] == str(release.CONFIG)


def test_delete_without_anybody_to_ask_deletes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["release", "delete"])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert release.main() == 1
    assert "Nothing was deleted" in capsys.readouterr().err
