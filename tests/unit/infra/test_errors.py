"""Commands whose AWS calls fail print one sentence."""

import io
import os

import boto3
import pytest

from infra.__main__ import main


@pytest.mark.parametrize(
    "command",
    [
        ["erase", "alice", "--environment", "default"],
        ["delete"],
        ["keys", "--environment", "default"],
    ],
)
def test_missing_credentials_are_reported_in_one_line(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr("sys.stdin", io.StringIO("facecast\n"))
    assert main(command) == 1
    errors = capfd.readouterr().err
    assert "Unable to locate credentials" in errors
    assert errors.count("\n") == 1
