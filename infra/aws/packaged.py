"""Run a built function as Lambda does: by an interpreter that sees its layers and its own folder, and nothing else."""

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
# Where the template has an intrinsic function and the settings want more than any text.
_VALUES: Final = {
    "ACCESS": "open",
    "DETECTION_MODELS": "centerface",
    "DETECTOR": "best",
    "INDEX_SHARDS": "8",
    "IS_PROCESSOR_SHARED": "true",
    "JOB_KEPT_DAYS": "1",
    "LEASE_SECONDS": "30",
    # The pages of the API name the origins of both buckets.
    "ORIGINALS_BUCKET": "originals",
    "POSTS_PER_SECOND": "800",
    # Traced, so that what the tracer needs is proven to be there.
    "POWERTOOLS_TRACE_DISABLED": "false",
    "QUALITY": "balanced",
    "WAITING_REQUESTS": "100",
    "RESULTS_BUCKET": "results",
}
# What Lambda itself sets. LAMBDA_TASK_ROOT switches tracing on, so that what the tracer needs is proven to be there.
LAMBDA: Final = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "LAMBDA_TASK_ROOT": "/var/task",
}


class HandlerFailed(Exception):
    """What a handler's process wrote to stderr before it ended."""


@dataclass(frozen=True)
class Interpreter:
    """A Python: how it is called, its version as `3.13`, and the processor that it runs on."""

    path: str
    version: str
    architecture: Architecture

    @classmethod
    def ask(cls, path: str) -> Self:
        """Ask a Python what it is. Raises ValueError where it does not answer."""
        script = "import platform; print(*platform.python_version_tuple()[:2], platform.machine())"
        try:
            done = subprocess.run([path, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
            major, minor, machine = done.stdout.split()
            return cls(path, f"{major}.{minor}", _ARCHITECTURES[machine])
        except (OSError, subprocess.CalledProcessError, ValueError, KeyError) as error:
            raise ValueError(f"{path} is not a Python that runs here: {error}") from error


def environment(function: Resource) -> dict[str, str]:
    """Return variables that the function starts with; it needs no more until it calls AWS."""
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
    """Return the command line that imports the handler from the build folder and gives it the events."""
    folders = [*(built / layer / "python" for layer in layers_of(function)), built / function.name]
    paths = [argument for folder in folders for argument in ("--path", str(folder))]
    return [python, *options, "-I", "-S", str(_HANDLER), *paths, function.properties["Handler"], *map(str, events)]


def run(
    built: Path,
    function: Resource,
    *events: Path,
    python: str = sys.executable,
    # A package stays as it was built.
    options: tuple[str, ...] = ("-B",),
) -> dict[str, Any]:
    """Return the milliseconds of the import and the responses. Raises HandlerFailed with what it wrote to stderr."""
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
