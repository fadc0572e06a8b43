"""The browser's listener, in Node if it is installed; the browser tests see it in a real page."""

import shutil
import subprocess
from pathlib import Path

import pytest

_HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_browsers_listener(tmp_path: Path) -> None:
    # The suffix marks it as a module for any version of Node.
    module = tmp_path / "listener.mjs"
    shutil.copy(_HERE.parents[2] / "functions/api/face_api/pages/static/listener.js", module)
    script = _HERE / "listener_test.mjs"

    done = subprocess.run(["node", script, module], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
