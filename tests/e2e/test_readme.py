"""The README's section "Use it", typed as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.layout import ROOT
from tests.support.photos import one_face
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

LOCAL = "http://localhost:4566/_aws/execute-api/face0001"
README = (ROOT / "README.md").read_text()


def block(language: str, containing: str) -> str:
    """Return the one block of code in the README that contains a text, without its indentation."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    (code,) = (
        "\n".join(line.removeprefix(margin) for line in code.splitlines())
        for margin, code in blocks
        if containing in code
    )
    return code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(one_face())
    return tmp_path


def test_the_commands_of_curl(stack: Stack, folder: Path) -> None:
    done_job = stack.post_image(one_face())
    stack.wait_until(lambda: stack.job(done_job)["status"] == "completed")
    commands = block("sh", "curl -F file=@photo.jpg")
    assert f"API={LOCAL}\n" in commands
    typed = [
        re.sub(r"^API=\S+", f"API={stack.http_url}", re.sub(r"^JOB=\S+", f"JOB={done_job}", line))
        for line in commands.splitlines()
        # Listens until it is stopped; tests/e2e/stream does that.
        if "websockets" not in line
    ]
    script = "\n".join(["set -e", 'curl() { command curl -sS --fail-with-body -w "\\n" "$@"; }', *typed])
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"status":"pending"') >= 2
    assert '"face_count":1' in done.stdout
    assert (folder / "faces.jpg").read_bytes().startswith(b"\xff\xd8")
    assert stack.http.get(f"/jobs/{done_job}").status_code == 404


def test_the_client_of_rekognition(stack: Stack, folder: Path) -> None:
    code = block("python", "rekognition")
    assert LOCAL in code
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", code.replace(LOCAL, stack.http_url)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("BoundingBox") == 1
