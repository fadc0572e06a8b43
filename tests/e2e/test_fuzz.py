"""Fuzzes the API with its served OpenAPI description: every response matches it, and none is a 5xx.

For a longer run with another seed: `pytest tests/e2e/test_fuzz.py --fuzz-seconds 600 --fuzz-seed 7 -o timeout=1000`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def test_every_response_matches_the_description(stack: Stack, tmp_path: Path, fuzzing: tuple[str, str]) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(Path(__file__).with_name("schemathesis.toml")),
        "run",
        f"{stack.http_url}/openapi.json",
        "--url",
        stack.http_url,
        "--checks=all",
        *fuzzing,
        "--no-color",
        "--warnings=off",
        "--generation-database=none",
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py"))}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr
    assert "Stateful" in done.stdout
