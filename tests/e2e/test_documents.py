"""Runs every shell block in the documents as it is written, on stacks on free ports."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from infra import ROOT
from tests.support.photos import one_face
from tests.support.stack import Stack

PAGES: Final = [
    str(page.relative_to(ROOT))
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "client" / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
]
_AWS: Final = "needs an AWS account"
# The reasons why some blocks are not run, by the page and the beginning of the block.
NOT_RUN: Final = {
    ("README.md", "make demo"): "test_local_stack runs both commands on a fresh clone",
    ("README.md", "make wheel"): "tests/packaging/test_client.py builds and installs the wheel",
    ("README.md", "export AWS_DEFAULT_REGION"): _AWS,
    ("CONTRIBUTING.md", "make check"): "takes an hour",
    ("client/README.md", "make wheel"): "tests/packaging/test_client.py builds and installs the wheel",
    ("client/README.md", "facecast listen"): "listens until Ctrl-C; test_terminal does that",
    ("docs/keys.md", "make key OWNER=alice ENV"): _AWS,
    ("docs/first-deployment.md", "aws cloudformation deploy"): _AWS,
    ("docs/events.md", "aws cloudformation deploy --stack-name my-webhook"): "the emulator does not support "
    "AWS::Events::Connection; test_webhook creates one through the API",
    ("docs/websocket.md", ".venv/bin/python -m websockets"): "listens until Ctrl-C; tests/e2e/stream does that",
}
# Pages whose commands are for AWS; tests/template/test_runbook.py checks that the commands and options exist.
FOR_AWS: Final = {"docs/alarms.md", "docs/operations.md"}
# Pages of measurements, which take minutes or need other photos; tests/unit/test_documents.py checks the commands.
MEASUREMENTS: Final = {"docs/benchmarks.md"}
# Pages about keys need a stack that requires them.
WITH_KEYS: Final = {"docs/keys.md"}
# curl behaves as in a reader's shell, except that an HTTP error ends the script.
_SHELL: Final = 'set -e -o pipefail; curl() { command curl -sS --fail-with-body "$@"; }\n'


def blocks(page: str, language: str = "sh") -> list[str]:
    """Return the code blocks in this language on a page, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(margin) for line in code.splitlines()) for margin, code in found]


def reason(page: str, block: str) -> str | None:
    """Return the reason why a block is not run, or None if it is run."""
    if page in FOR_AWS:
        return _AWS
    if page in MEASUREMENTS:
        return "takes minutes"
    return next((why for (of, start), why in NOT_RUN.items() if of == page and block.startswith(start)), None)


def script(page: str) -> str:
    return "\n".join(block for block in blocks(page) if reason(page, block) is None)


OPEN_PAGES: Final = [page for page in PAGES if script(page) and page not in WITH_KEYS]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a checkout with some photos, and with `facecast` on the path."""
    checkout = tmp_path / "facecast"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(lambda name: (ROOT / name).is_file(), listed.splitlines()):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    # The installed environment is shared. Its sources get an old date, so that make does not install it again.
    (checkout / ".venv").symlink_to(Path(sys.prefix))
    for name in ("requirements.txt", "requirements-dev.txt", "infra/uv.txt", "pyproject.toml"):
        os.utime(checkout / name, (0, 0))
    (checkout / "photo.jpg").write_bytes(one_face())
    (checkout / "photos").mkdir()
    for name in ("one.jpg", "two.jpg"):
        shutil.copy(checkout / "photo.jpg", checkout / "photos" / name)
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "facecast"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m facecast "$@"\n')
    command.chmod(0o755)
    yield checkout
    shutil.rmtree(checkout)


def run(page: str, folder: Path, stack: Stack) -> str:
    """Run the page's script in bash, and return what it prints."""
    commands = script(page)
    for tool in ("jq", "aws"):
        if re.search(rf"\b{tool} ", commands) and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"PORT": str(stack.local_stack.port), "AWS_EC2_METADATA_DISABLED": "true"}
    environment["PATH"] = os.pathsep.join([str(folder.parent / "bin"), environment["PATH"]])
    done = subprocess.run(
        ["bash", "-c", _SHELL + commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_blocks_that_are_not_run_exist() -> None:
    stale = [key for key in NOT_RUN if not any(block.startswith(key[1]) for block in blocks(key[0]))]
    assert stale == []
    assert {"README.md", "docs/use.md"} <= set(OPEN_PAGES)


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.parametrize("page", OPEN_PAGES)
def test_commands_work_as_written(stack: Stack, folder: Path, page: str) -> None:
    printed = run(page, folder, stack)
    if page == "docs/use.md":
        assert printed.count('"status":"pending"') >= 3
        assert '"face_count":1' in printed
        assert (folder / "faces.jpg").read_bytes().startswith(b"\xff\xd8")


@pytest.mark.stack
@pytest.mark.xdist_group("closed")
@pytest.mark.parametrize("page", sorted(WITH_KEYS))
def test_commands_with_a_key_work_as_written(closed_stack: Stack, folder: Path, page: str) -> None:
    assert '"owner":"alice"' in run(page, folder, closed_stack).replace(" ", "")


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
def test_the_rekognition_client_works_as_written(stack: Stack, folder: Path) -> None:
    (code,) = blocks("docs/use.md", "python")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment | {"API": stack.http_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("BoundingBox") == 1
