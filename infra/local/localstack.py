"""LocalStack without a container, for the storage tests: `python -m infra localstack` installs it.

Its open edition has S3, SQS, EventBridge, CloudFormation and IAM. DynamoDB would require a download from another
vendor, so calls to it are forwarded to ministack. Lambda needs Docker, and API Gateway v2 (the HTTP and the WebSocket
API) needs a paid plan.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from infra import ROOT
from infra.errors import CommandFailed
from infra.interpreters import find
from infra.local.server import stop

HOME: Final = ROOT / "build" / "localstack"
LOCK: Final = Path(__file__).with_suffix(".lock")
_INSTALLED: Final = HOME / "installed.lock"
_START_SECONDS: Final = 120
_VERSIONS: Final = ("3.13", "3.12")


def is_installed() -> bool:
    return _INSTALLED.is_file() and _INSTALLED.read_text() == LOCK.read_text()


def install() -> None:
    """Install the locked packages into a separate environment. Raises CommandFailed if that fails."""
    if is_installed():
        return
    python = os.environ.get("LOCALSTACK_PYTHON") or find(*_VERSIONS)
    if python is None:
        raise CommandFailed(
            "LocalStack needs Python 3.12 or 3.13, and neither was found. "
            "Install one of them, or set its path: LOCALSTACK_PYTHON=/path/to/python3.13"
        )
    print("Installing LocalStack into build/localstack (only once; 115 packages, 330 MB)", flush=True)
    own = str(HOME / "bin" / "python")
    commands = (
        ["uv", "venv", "--quiet", "--clear", "--python", python, str(HOME)],
        ["uv", "pip", "install", "--quiet", "--python", own, "--no-deps", "--require-hashes", "-r", str(LOCK)],
    )
    if any(subprocess.run(command, check=False).returncode for command in commands):
        raise CommandFailed("LocalStack could not be installed; see the lines above for the reason.")
    _INSTALLED.write_text(LOCK.read_text())


def settings(port: int, dynamodb_port: int) -> dict[str, str]:
    """Return LocalStack's environment. It listens only on this machine, and checks signatures as AWS does."""
    return {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        # The default server listens on every address and ignores GATEWAY_LISTEN.
        "GATEWAY_SERVER": "hypercorn",
        "S3_SKIP_SIGNATURE_VALIDATION": "0",
        "DYNAMODB_LOCAL_PORT": str(dynamodb_port),
        "OVERRIDE_IN_DOCKER": "0",
        "EAGER_SERVICE_LOADING": "0",
        # LocalStack must not download files, send usage events or run a DNS server.
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
    }


@contextmanager
def running(port: int, dynamodb_port: int, folder: Path) -> Iterator[str]:
    """Run LocalStack, and yield its address. Raises CommandFailed if it does not start."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    log = folder / "localstack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [HOME / "bin" / "python", "-m", "localstack.runtime.main"],
            env=environment | settings(port, dynamodb_port),
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(process, url, log)
        yield url
    finally:
        stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_answering(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise CommandFailed(
                f"LocalStack did not start. The end of its log: {log.read_text(errors='replace')[-500:]}"
            )
        time.sleep(0.1)


def _is_answering(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_localstack/health", timeout=5) as response:  # noqa: S310 - this machine
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def install_for_tests(
    *,
    optional: Annotated[bool, typer.Option("--optional", help="Succeed even if no suitable Python is found.")] = False,
) -> None:
    """Install LocalStack for the storage tests."""
    try:
        install()
    except CommandFailed as failed:
        if not optional:
            raise
        print(f"SKIPPED: the LocalStack tests. {failed}", file=sys.stderr)
