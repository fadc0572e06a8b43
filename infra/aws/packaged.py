"""Runs a built function as Lambda does, with an interpreter that can access only the function's layers and folder."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from infra import ROOT
from infra.aws.package import Architecture
from infra.template import Resource, layers_of, load

_HANDLER: Final = ROOT / "infra" / "local" / "handler.py"
_ARCHITECTURES: Final[Mapping[str, Architecture]] = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64"}
HERE: Final = _ARCHITECTURES.get(platform.machine(), "x86_64")
# Values for variables that the template sets with intrinsic functions and that accept only certain values.
_VALUES: Final = {
    "ACCESS": "open",
    "DETECTION_MODELS": "centerface",
    "DETECTOR": "best",
    "INDEX_SHARDS": "8",
    "IS_PROCESSOR_SHARED": "true",
    "JOB_KEPT_DAYS": "1",
    "LEASE_SECONDS": "30",
    # The API's pages contain the origins of both buckets.
    "ORIGINALS_BUCKET": "originals",
    "POSTS_PER_SECOND": "800",
    # Tracing is on, to prove that the package contains everything that the tracer needs.
    "POWERTOOLS_TRACE_DISABLED": "false",
    "QUALITY": "balanced",
    "WAITING_REQUESTS": "100",
    "RESULTS_BUCKET": "results",
}
# Variables that Lambda itself sets. LAMBDA_TASK_ROOT turns on tracing, to prove that the package contains the tracer.
LAMBDA: Final = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "LAMBDA_TASK_ROOT": "/var/task",
}


class HandlerFailed(Exception):
    """A handler's process failed; the message is its stderr."""


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter: its command, its version (such as `3.13`) and its processor type."""

    path: str
    version: str
    architecture: Architecture

    @classmethod
    def ask(cls, path: str) -> Self:
        """Ask a Python interpreter for its version and processor type. Raises ValueError if it cannot run here."""
        script = "import platform; print(*platform.python_version_tuple()[:2], platform.machine())"
        try:
            done = subprocess.run([path, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
            major, minor, machine = done.stdout.split()
            return cls(path, f"{major}.{minor}", _ARCHITECTURES[machine])
        except (OSError, subprocess.CalledProcessError, ValueError, KeyError) as error:
            raise ValueError(f"{path} is not a Python that runs on this machine: {error}") from error


def environment(function: Resource) -> dict[str, str]:
    """Return the variables that the function needs until it calls AWS."""
    names = {
        **load()["Globals"]["Function"]["Environment"]["Variables"],
        **function.properties["Environment"]["Variables"],
    }
    stated = {
        name: value if isinstance(value, str) else _VALUES.get(name, "http://example.test")
        for name, value in names.items()
    }
    return stated | LAMBDA


def command(built: Path, function: Resource, python: str, *events: Path, options: tuple[str, ...] = ()) -> list[str]:
    """Return the command line that imports the handler from the build folder and passes the events to it."""
    folders = [*(built / layer / "python" for layer in layers_of(function)), built / function.name]
    paths = [argument for folder in folders for argument in ("--path", str(folder))]
    return [python, *options, "-I", "-S", str(_HANDLER), *paths, function.properties["Handler"], *map(str, events)]


def run(
    built: Path,
    function: Resource,
    *events: Path,
    python: str = sys.executable,
    # -B, because Python must not write bytecode into the package.
    options: tuple[str, ...] = ("-B",),
) -> dict[str, Any]:
    """Return the import time in milliseconds, and the responses. Raises HandlerFailed if the process fails."""
    done = subprocess.run(
        command(built, function, python, *events, options=options),
        env=environment(function),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise HandlerFailed(done.stderr)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
