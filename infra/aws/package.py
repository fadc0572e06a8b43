"""Builds the packages with the SAM CLI, and prints the size of each function."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from face_models import MODELS

from infra import ROOT
from infra.errors import CommandFailed
from infra.interpreters import find
from infra.sam import sam
from infra.template import functions, layers_of

Architecture = Literal["arm64", "x86_64"]

BUILD: Final = ROOT / ".aws-sam" / "build"
# The limit for a function with its layers, unzipped: 250 MiB.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LIMIT_BYTES: Final = 250 * 1024 * 1024


class BuildFailed(CommandFailed):
    """`sam build` failed; the message is the end of its output."""


@dataclass(frozen=True)
class Package:
    """A function, and the unzipped sizes of its code and its layers in bytes."""

    function: str
    code: int
    layers: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.code + sum(self.layers.values())

    @property
    def room(self) -> int:
        return LIMIT_BYTES - self.total


def build(architecture: Architecture, folder: Path = BUILD, python: str = "3.13") -> None:
    """Run `sam build` for this processor and Python. Raises BuildFailed if the build fails."""
    environment = {**os.environ, "FACECAST_ARCHITECTURE": architecture, "FACECAST_PYTHON": python}
    if not _is_partial():
        environment.pop("FACECAST_BUILD", None)
        if compiler := environment.get("FACECAST_COMPILER") or find(python):
            environment["FACECAST_COMPILER"] = compiler
    arguments = [
        "build",
        "--parallel",
        "--build-dir",
        str(folder),
        "--parameter-overrides",
        f"Architecture={architecture}",
    ]
    done = sam(arguments, environment, subprocess.PIPE)
    if done.returncode != 0:
        raise BuildFailed(f"`sam build` failed:\n{done.stdout}")


def _is_partial() -> bool:
    """Return whether to build only our own code, which runs only on a local stack: its interpreter has all packages."""
    return "AWS_ENDPOINT_URL" in os.environ and os.environ.get("FACECAST_BUILD") == "local"


def packages(folder: Path = BUILD) -> tuple[Package, ...]:
    """Return the packages in a build folder, the largest first."""
    built = (
        Package(
            function.name,
            _size(folder / function.name),
            {layer: _size(folder / layer) for layer in layers_of(function)},
        )
        for function in functions(folder / "template.yaml")
    )
    return tuple(sorted(built, key=lambda package: -package.total))


def shipped_models(folder: Path = BUILD) -> tuple[str, ...]:
    """List the detection models in a build folder."""
    return tuple(sorted(model.name for model in MODELS.values() if any(folder.rglob(model.file_name))))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def table(built: tuple[Package, ...]) -> str:
    rows = ["| function | code | layers | unzipped | remaining of 250 MiB |", "|---|---:|---|---:|---:|"]
    for package in built:
        layers = ", ".join(f"{name.removesuffix('Layer').lower()} {_mb(size)}" for name, size in package.layers.items())
        name = package.function.removesuffix("Function")
        rows.append(f"| {name} | {_mb(package.code)} | {layers} | {_mb(package.total)} | {_mb(package.room)} |")
    return "\n".join(rows)


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.2f} MB"


def package(
    architecture: Annotated[Architecture, typer.Option("--architecture", help="The processor to build for.")] = "arm64",
    folder: Annotated[Path, typer.Option("--folder", help="The folder to build in.", show_default=False)] = BUILD,
    python: Annotated[str, typer.Option("--python", help="The Python to build for; Lambda runs 3.13.")] = "3.13",
) -> None:
    """Build the packages for AWS and print their sizes."""
    build(architecture, folder, python)
    built = packages(folder)
    print(f"For {architecture}, in {folder}:\n\n{table(built)}\n")
    print(f"Detection models: {', '.join(shipped_models(folder))}", flush=True)
    if not (_is_partial() or any(folder.rglob("*.pyc"))):
        print(
            f"\nPython {python} was not found, so the packages are not byte-compiled; cold starts will be almost three "
            f"times as long. Install it, or set its path: FACECAST_COMPILER=/path/to/python{python}",
            file=sys.stderr,
        )
    if too_large := [each.function for each in built if each.room < 0]:
        raise CommandFailed(f"Larger than Lambda allows: {', '.join(too_large)}")
