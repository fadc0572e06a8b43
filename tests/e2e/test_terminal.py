"""The output of `facecast detect`: a progress bar on a terminal, plain lines in a pipe."""

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

PHOTOS = 4


@pytest.fixture
def command(stack: Stack, tmp_path: Path) -> list[str]:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(PHOTOS):
        # Each has different bytes, so that each becomes a job.
        (folder / f"{number}.jpg").write_bytes(one_face() + bytes([number]))
    arguments = ["detect", str(folder), "--url", stack.http_url]
    return [sys.executable, "-m", "facecast", *arguments]


def environment(state: Path) -> dict[str, str]:
    # Do not inherit the width and colours of the terminal that runs the tests.
    others = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    return others | {"TERM": "xterm", "COLUMNS": "100", "XDG_STATE_HOME": str(state)}


def on_a_terminal(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a command on a pseudo-terminal; return its exit code and output."""
    ours, its = pty.openpty()
    with subprocess.Popen(command, cwd=folder, env=environment(folder), stdin=its, stdout=its, stderr=its) as running:
        os.close(its)
        written = b""
        # Linux raises this error once all processes have closed the terminal.
        with contextlib.suppress(OSError):
            while part := os.read(ours, 65_536):
                written += part
        os.close(ours)
    return running.returncode, written.decode()


def test_a_terminal_shows_a_bar_and_keeps_the_lines(command: list[str], tmp_path: Path) -> None:
    status, written = on_a_terminal(command, tmp_path)
    assert status == 0, written
    assert f"{PHOTOS}/{PHOTOS}" in written
    assert "100%" in written
    assert re.search(r"\d\.\d/s", written)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    for number in range(PHOTOS):
        assert re.search(rf"{number}\.jpg  1 face", shown), shown
    # The bar is erased at the end, and the cursor is visible again.
    assert written.rindex("\x1b[2K") > written.rindex("100%")
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_a_pipe_gets_plain_lines_and_nothing_else(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"facecast: {PHOTOS} of {PHOTOS} photos, {PHOTOS} faces, in \d+ s\n", done.stderr)
    assert not set("\x1b\r") & set(done.stdout)
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert len(lines) == PHOTOS
    assert all(re.search(r"\d\.jpg  1 face  job [0-9a-f-]{36}$", line) for line in lines)
