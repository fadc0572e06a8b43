"""`make env` prints a stack's addresses as shell variables."""

import subprocess

import pytest

from infra import env
from infra.errors import CommandFailed


def test_a_shell_reads_the_values_unchanged() -> None:
    outputs = {"HttpUrl": "https://a/$(echo x)", "StreamUrl": "wss://b/?c=d&e='f' g", "OriginalsBucketName": "`bucket`"}
    script = 'eval "$1"; printf "%s\\n" "$API" "$WS" "$BUCKET"; env | grep -c ^API='
    done = subprocess.run(["sh", "-c", script, "sh", env.exports(outputs)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [*outputs.values(), "1"]


def test_without_a_stack_nothing_is_printed(free_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandFailed, match=rf"port {free_port}"):
        env.env(None, free_port)
    assert capsys.readouterr().out == ""
