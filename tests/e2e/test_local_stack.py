"""The two commands of the README, as a newcomer types them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from face_models import CENTERFACE
from PIL import Image

from infra.local.layout import Addresses
from infra.local.server import is_port_taken
from infra.parameters import installed_models
from tests.support.pictures import FACE, astronaut
from tests.support.stack import TIMEOUT_SECONDS, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("local")]

READY_SECONDS = 120
# One fewer than the workers, because the emulator releases a worker a moment after its response.
SENDERS = 7


def session_of(leader: int) -> list[str]:
    """List the running processes of an emulator: itself, and every worker of its session.

    Zombies (state Z) do not count as running.
    """
    columns = "sess=,stat=,pid=,args="
    listing = subprocess.run(["ps", "-A", "-ww", "-o", columns], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    return [process for owner, state, process in rows if owner == str(leader) and not state.startswith("Z")]


def workers_of_api(leader: int) -> set[str]:
    return {process for process in session_of(leader) if "-ApiFunction-" in process}


def local(port: int, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra", *arguments, "--port", str(port)]


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Iterator[Path]:
    """Clone the repository as a newcomer would; the result of `make setup` is shared, because it would be the same."""
    if not (repository / ".git").exists():
        pytest.skip("this is not a git checkout, so it cannot be cloned")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
    (clone / ".venv").symlink_to(Path(sys.prefix))
    for name in ("requirements.txt", "requirements-dev.txt", "infra/uv.txt", "pyproject.toml"):
        os.utime(clone / name, (0, 0))
    model = CENTERFACE.path.relative_to(repository)
    shutil.copy(repository / model, clone / model)
    yield clone
    shutil.rmtree(clone)


def test_make_demo_works_on_a_fresh_clone(clone: Path, free_port: int) -> None:
    done = subprocess.run(
        ["make", "demo", f"PORT={free_port}"], cwd=clone, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"type": "job.completed"' in done.stdout
    assert '"face_count": 1' in done.stdout
    assert re.search(r"^faces       1: \d+% at \d+, \d+, \d+ x \d+ px$", done.stdout, re.MULTILINE)
    saved = clone / "out" / "astronaut-faces.jpg"
    assert str(saved.relative_to(clone)) in done.stdout
    drawn = np.asarray(Image.open(saved).convert("RGB")).astype(int)
    rows, columns = np.nonzero(np.abs(drawn - astronaut()).max(axis=2) > 100)
    beside = (columns < FACE.x + FACE.width + 40) & (columns > FACE.x - 40)
    assert beside.mean() > 0.99, "the box is around the face"
    assert rows.max() > FACE.y + FACE.height * 0.8
    named = re.findall(r"^(?:next)? +make (\w+)", done.stdout, re.MULTILINE)
    targets = re.findall(r"^([\w-]+):", (clone / "Makefile").read_text(), re.MULTILINE)
    assert len(named) == 3, "the demo suggests three commands to try next"
    assert set(named) <= set(targets)
    assert not (clone / ".local" / str(free_port) / "stack.json").exists()
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True)
    assert str(clone) not in listing.stdout, "no process is left"


def test_make_run_runs_until_ctrl_c_and_leaves_nothing(repository: Path, free_port: int, tmp_path: Path) -> None:
    folder = repository / ".local" / str(free_port)
    log = tmp_path / "run.log"
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        out = cleanup.enter_context(log.open("wb"))
        command = local(free_port, "run")
        running = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=out, stderr=subprocess.STDOUT)
        cleanup.callback(running.kill)
        await_ready(running, log)

        addresses = Addresses.model_validate_json((folder / "stack.json").read_text())
        check_printed(log.read_text(), addresses)
        check_burst(addresses)

        second = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"A stack is already running on port {free_port}" in second.stderr
        assert "Traceback" not in second.stderr

        demo = local(free_port, "demo")
        shown = subprocess.run(demo, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stderr
        assert "starting" not in shown.stdout, "the demo uses the running stack"
        assert (tmp_path / "out" / "astronaut-faces.jpg").is_file()
        assert len(session_of(addresses.pid)) > 1, "functions run in their own processes"

        running.send_signal(signal.SIGINT)
        assert running.wait(TIMEOUT_SECONDS) == 0
        # Killed workers disappear once the system has reaped them.
        wait_until(lambda: session_of(addresses.pid) == [])
        assert not (folder / "stack.json").exists()


def check_printed(printed: str, addresses: Addresses) -> None:
    for address in (addresses.http_url, addresses.docs_url, addresses.ws_url):
        assert address in printed
    for name in ("page", "api", "docs"):
        found = re.search(rf"^{name} +(\S+)$", printed, re.MULTILINE)
        assert found, printed
        opened = httpx.get(found[1])
        assert (opened.status_code, opened.headers["content-type"]) == (200, "text/html; charset=utf-8"), found[1]
    health = httpx.get(f"{addresses.http_url}/health").json()
    assert health == {"status": "ok", "detectors": list(installed_models())}


def check_burst(addresses: Addresses) -> None:
    warm = workers_of_api(addresses.pid)
    with ThreadPoolExecutor(SENDERS) as senders:
        burst = [senders.submit(httpx.get, f"{addresses.http_url}/jobs", timeout=60) for _ in range(SENDERS)]
    assert {response.result().status_code for response in burst} == {200}
    assert workers_of_api(addresses.pid) == warm, "no request waits for a new worker"


def await_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "ready" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_a_port_in_use_is_reported(repository: Path, tmp_path: Path, free_port: int) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(free_port), "--bind", "127.0.0.1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_port_taken(free_port))
        refused = subprocess.run(
            local(free_port, "run"),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.kill()
        server.wait()
    assert refused.returncode == 1
    assert f"Port {free_port} is in use by another program" in refused.stderr
    assert f"make run PORT={free_port + 1}" in refused.stderr


def test_a_missing_photo_is_reported(repository: Path, tmp_path: Path, free_port: int) -> None:
    done = subprocess.run(
        [*local(free_port, "demo"), "--image", "nowhere.jpg"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "File not found: nowhere.jpg" in done.stderr
