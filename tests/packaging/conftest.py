"""The packages, built once for the tests in this folder: for Lambda on both architectures, and for this interpreter.

Functions are run by a Python of Lambda's version if there is one, otherwise by this Python, or by PACKAGING_PYTHON on
PACKAGING_ARCHITECTURE, as in `make test-arm64`.
ARM64_PYTHON is a Python 3.13 for arm64; every test run uses it to import the packages for Lambda.
"""

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from infra.aws.package import Architecture, build
from infra.aws.packaged import HERE, Interpreter
from infra.interpreters import find
from tests.support.packages import Runnable

Builds = Callable[[Architecture, str], Path]
LAMBDAS_PYTHON = "3.13"


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Return a function that returns the build folder for an architecture and a Python version, built only once."""

    @cache
    def built(architecture: Architecture, python: str) -> Path:
        folder = tmp_path_factory.mktemp(f"{architecture}-{python}")
        build(architecture, folder, python)
        return folder

    return built


@pytest.fixture(scope="session", params=["arm64", "x86_64"])
def for_lambda(request: pytest.FixtureRequest, builds: Builds) -> tuple[Architecture, Path]:
    """Return an architecture, and the folder with the packages for Lambda."""
    architecture: Architecture = request.param
    return architecture, builds(architecture, LAMBDAS_PYTHON)


@pytest.fixture(scope="session")
def runnable(builds: Builds) -> Runnable:
    """Build for the interpreter that runs the functions."""
    if sys.platform != "linux":
        pytest.skip("the packages are for Linux, so they run nowhere else")
    asked_for = os.environ.get("PACKAGING_ARCHITECTURE", HERE)
    python = os.environ.get("PACKAGING_PYTHON") or find(LAMBDAS_PYTHON) or sys.executable
    interpreter = Interpreter.ask(python)
    if interpreter.architecture != asked_for:
        pytest.fail(f"{interpreter.path} runs on {interpreter.architecture}, not on {asked_for}.", pytrace=False)
    return Runnable(builds(interpreter.architecture, interpreter.version), interpreter.path, interpreter.version)


@pytest.fixture(scope="session")
def runnable_on_arm64(builds: Builds, tmp_path_factory: pytest.TempPathFactory) -> Runnable:
    """Build for arm64, the template's default, to be run by ARM64_PYTHON."""
    python = os.environ.get("ARM64_PYTHON")
    if not python:
        pytest.skip(
            "NO PYTHON FOR ARM64: the packages that are deployed by default were not tested. "
            f"Pass an arm64 Python, native or emulated: make test ARM64_PYTHON=/path/to/python{LAMBDAS_PYTHON}"
        )
    interpreter = Interpreter.ask(python)
    assert (interpreter.architecture, interpreter.version) == ("arm64", LAMBDAS_PYTHON), interpreter
    folder = builds("arm64", LAMBDAS_PYTHON)
    if any(folder.rglob("*.pyc")):
        return Runnable(folder, python, LAMBDAS_PYTHON)
    # The first import compiles the modules into this folder, for all functions.
    options = "-X", f"pycache_prefix={tmp_path_factory.mktemp('compiled')}"
    return Runnable(folder, python, LAMBDAS_PYTHON, options)
