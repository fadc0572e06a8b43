"""The packages, built once for the tests of this folder: for Lambda on both processors, and for this very Python."""

import platform
import sys
from pathlib import Path

import pytest

from infra.aws.package import Architecture, build

HERE: Architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="session", params=["arm64", "x86_64"])
def for_lambda(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Architecture, Path]:
    """Return an architecture, and the folder with what Lambda runs on it."""
    architecture: Architecture = request.param
    folder = tmp_path_factory.mktemp(architecture)
    build(architecture, folder)
    return architecture, folder


@pytest.fixture(scope="session")
def for_this_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build for the interpreter that runs the tests, so that it can be run here."""
    if sys.platform != "linux":
        pytest.skip("the packages are for Linux, so they run nowhere else")
    folder = tmp_path_factory.mktemp("here")
    build(HERE, folder, THIS_PYTHON)
    return folder
