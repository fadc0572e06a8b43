"""`make logs` and `make status`: a function's log until Ctrl-C, and the addresses of the stack."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from infra import ROOT
from infra.local.commands import print_status
from tests.support.stack import TIMEOUT_SECONDS, Stack, wait_until


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
def test_the_status_is_text_or_json(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    print_status(stack.local_stack, as_json=False)
    told = capsys.readouterr().out
    assert f"page        {stack.http_url}/\n" in told
    assert "{" not in told
    print_status(stack.local_stack, as_json=True)
    assert json.loads(capsys.readouterr().out)["http_url"] == stack.http_url


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
def test_a_line_is_shown_soon_after_it_is_logged_until_ctrl_c(stack: Stack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "infra", "logs", "Api", "--port", str(stack.local_stack.port)]
    with out.open("wb") as file, subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.PIPE) as follower:
        assert follower.stderr is not None
        assert follower.stderr.readline().startswith(b"Following /aws/")
        try:
            missing = httpx.get(f"{stack.http_url}/jobs/not-a-job-{tmp_path.name}", timeout=TIMEOUT_SECONDS)
            assert missing.status_code == 404
            wait_until(lambda: f"not-a-job-{tmp_path.name}" in out.read_text())
        finally:
            # Leaving the block waits for the follower, even after a failure.
            follower.send_signal(signal.SIGINT)
        assert follower.wait(TIMEOUT_SECONDS) == 0
        assert follower.stderr.read() == b""


def test_without_a_stack_it_explains_how_to_start_one(free_port: int) -> None:
    command = [sys.executable, "-m", "infra", "logs", "Api", "--port", str(free_port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"make run PORT={free_port}" in done.stderr
