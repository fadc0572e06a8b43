"""`make test` runs the tests of a group in one process, so that a stack is deployed only once."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = """
import os, pathlib, pytest

@pytest.mark.xdist_group("all")
@pytest.mark.parametrize("number", range(4))
def test_process(number):
    pathlib.Path(f"process-{number}").write_text(os.environ["PYTEST_XDIST_WORKER"])
"""


def test_a_group_is_run_by_one_process(tmp_path: Path) -> None:
    """With incompatible versions, pytest-xdist ignores groups without an error."""
    (tmp_path / "test_group.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", "-n", "2", "--dist=loadgroup"]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len({path.read_text() for path in tmp_path.glob("process-*")}) == 1
