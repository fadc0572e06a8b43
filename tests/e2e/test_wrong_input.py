"""Each make target explains wrong arguments in one sentence, whether or not a stack runs."""

import subprocess
from pathlib import Path

import pytest

WRONG = {
    "run PORT=abc": "a port must be a number from 1 to 65535, not 'abc'",
    "run PARAMETERS=Foo": "NAME=VALUE, not 'Foo'",
    "run PARAMETERS=Foo=bar": "no parameter 'Foo'",
    "run PARAMETERS=JobKeptDays=x": "a whole number from 1 to 365",
    "demo PORT=80000": "a port must be a number",
    "demo IMAGE=missing.jpg": "File not found: missing.jpg",
    "status PORT=0": "a port must be a number",
    "deploy-local PORT=abc": "a port must be a number",
    "package ARCHITECTURE=foo": "arm64",
    "deploy ARCHITECTURE=foo": "Architecture cannot be 'foo'; it must be one of arm64, x86_64.",
    "deploy PARAMETERS=Foo=bar": "no parameter 'Foo'",
    "deploy ENVIRONMENT=nope": "Unknown environment 'nope'",
    "delete ENVIRONMENT=nope": "Unknown environment 'nope'",
    "erase OWNER=": "Pass the owner",
    "erase OWNER=alice ENVIRONMENT=nope": "Unknown environment 'nope'",
    "invoke FUNCTION=nope": "Unknown function 'nope'. Choose one: Api,",
    "invoke EVENT=missing": "File not found: missing. Choose one: events/detector/",
    "logs FUNCTION=nope": "Unknown function 'nope'. Choose one: Api,",
    "logs ENVIRONMENT=nope": "Unknown environment 'nope'",
    "logs PORT=abc": "a port must be a number",
    "key OWNER=": "Invalid owner '': use 1 to 64 characters",
    "key OWNER=alice DAYS=x": "'--days': 'x' is not a whole number",
    "key OWNER=alice DAYS=0": "DAYS must be from 1 to",
    "key OWNER=alice DAILY=x": "'--daily': 'x' is not a whole number",
    "key OWNER=alice SCOPES=nope": "is not a list of scopes",
    "keys ENVIRONMENT=nope": "Unknown environment 'nope'",
    "revoke KEY=": "Pass the key's id",
    "model MODEL=nope": "'centerface', 'yunet'",
    "test-arm64 ARM64_PYTHON=": "An arm64 Python 3.13 is required",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_input_is_explained_in_one_sentence(command: str, repository: Path) -> None:
    done = subprocess.run(
        ["make", *command.split()],
        cwd=repository,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, "make ends with its own error status"
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make")]
    assert len(said) == 1, said
    assert WRONG[command] in said[0]
