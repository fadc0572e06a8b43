"""Runs the browser's listener in Node, if Node is installed. The browser tests run it in a real page."""

import shutil
import subprocess
from pathlib import Path

import pytest

_HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_browsers_listener_passes_its_script_in_node(tmp_path: Path) -> None:
    # With this suffix, every version of Node treats the file as a module.
    module = tmp_path / "listener.mjs"
    shutil.copy(_HERE.parents[2] / "functions/api/face_api/pages/static/listener.js", module)
    script = _HERE / "listener_test.mjs"

    done = subprocess.run(["node", script, module], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
