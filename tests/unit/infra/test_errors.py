"""Commands whose AWS calls fail end with one sentence."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "command",
    [
        ["erase", "alice", "--environment", "default"],
        ["delete"],
        ["keys", "--environment", "default"],
    ],
)
def test_without_credentials(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    done = subprocess.run(
        [sys.executable, "-m", "infra", *command],
        env=environment | nowhere,
        input="facecast\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Unable to locate credentials" in done.stderr
    assert done.stderr.count("\n") == 1
