"""Starts the emulator process in a separate session, and stops it with all its workers."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.errors import CommandFailed
from infra.local.layout import LocalStack

# The stack has no access control, so by default it listens only on this machine.
LOOPBACK = "127.0.0.1"
_START_SECONDS = 30
_STOP_SECONDS = 10
_WARM_SECONDS = 30 * 24 * 3600


def is_answering(stack: LocalStack) -> bool:
    try:
        with urllib.request.urlopen(f"{stack.endpoint_url}/_ministack/health", timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_port_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(stack: LocalStack, host: str = LOOPBACK, *, checks_access: bool = True) -> Iterator[int]:
    """Run the emulator on this address, and yield its process id. Raises CommandFailed if the port is in use."""
    if is_port_taken(stack.port):
        raise CommandFailed(_why_taken(stack))
    process = _start(stack, host, checks_access=checks_access)
    try:
        _wait_until_ready(process, stack)
        yield process.pid
    finally:
        stop(process)


def _why_taken(stack: LocalStack) -> str:
    if is_answering(stack):
        return (
            f"A stack is already running on port {stack.port}. Use it (`make demo` does), stop it with Ctrl-C in "
            f"its terminal, or start another one: make run PORT={stack.port + 1}"
        )
    return (
        f"Port {stack.port} is in use by another program. Stop that program (`ss -ltnp` shows its name), "
        f"or choose another port: make run PORT={stack.port + 1}"
    )


def _start(stack: LocalStack, host: str, *, checks_access: bool) -> subprocess.Popen[bytes]:
    executable = Path(sys.executable).with_name("ministack")
    if not executable.is_file():
        raise CommandFailed("The local stack is not installed. Run `make setup`.")
    stack.folder.mkdir(parents=True, exist_ok=True)
    environment = stack.environment() | {
        "GATEWAY_PORT": str(stack.port),
        "BIND_HOST": host,
        "IOT_MTLS_ENABLED": "0",
        # Workers are kept while the stack runs; otherwise, the first requests after a pause would wait for new ones.
        "LAMBDA_WARM_TTL_SECONDS": str(_WARM_SECONDS),
        # Roles, policies and signatures are checked as on AWS, so that missing permissions in the template are noticed.
        "AUTH": str(checks_access).lower(),
        # The workers must use the packages that `make setup` installed, not those of another Python.
        "PATH": f"{executable.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    with stack.log.open("wb") as log:
        return subprocess.Popen(
            [executable], env=environment, cwd=stack.folder, stdout=log, stderr=log, start_new_session=True
        )


def _why_not_started(process: subprocess.Popen[bytes], stack: LocalStack) -> CommandFailed | None:
    if process.poll() is None:
        return None
    lines = stack.log.read_text(errors="replace").splitlines()
    return CommandFailed(
        f"The local stack stopped immediately: {' / '.join(lines[-3:])}. The complete log: {stack.log}"
    )


def _wait_until_ready(process: subprocess.Popen[bytes], stack: LocalStack) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not is_answering(stack):
        if (error := _why_not_started(process, stack)) is not None:
            raise error
        if time.monotonic() > deadline:
            raise CommandFailed(f"The local stack did not answer within {_START_SECONDS} s. Its log: {stack.log}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the emulator, then the processes left in its session."""
    members = _session_members(process.pid)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid in members | _session_members(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _session_members(session: int) -> set[int]:
    """List the processes of a session except its leader: the emulator's workers and their child processes."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,sess="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listing.splitlines())
    return {int(pid) for pid, owner in rows if owner == str(session) and pid != str(session)}
